import { afterEach, describe, expect, it, vi } from 'vitest';
import { AwayRing, bytesOf } from './away_ring.svelte';

const KEY = 'BAECAwQ';

/** A browser with its push service, and a relay, both as far as the switch sees them. */
function around(given: { permission: NotificationPermission; asked?: NotificationPermission; keptKey?: string; status?: number }) {
  const calls: string[] = [];
  let permission = given.permission;
  const subscription = (key: string) => ({
    endpoint: 'https://push.example/x',
    options: { applicationServerKey: bytesOf(key).buffer },
    toJSON: () => ({ keys: { p256dh: 'p', auth: 'a' } }),
    unsubscribe: () => {
      calls.push('unsubscribe');
      kept = null;
      return Promise.resolve(true);
    },
  });
  let kept = given.keptKey === undefined ? null : subscription(given.keptKey);
  const pushManager = {
    getSubscription: () => Promise.resolve(kept),
    subscribe: () => {
      calls.push('subscribe');
      return Promise.resolve((kept = subscription(KEY)));
    },
  };
  const registration = { pushManager };
  vi.stubGlobal('PushManager', Object);
  vi.stubGlobal('navigator', {
    language: 'en',
    serviceWorker: { ready: Promise.resolve(registration), getRegistration: () => Promise.resolve(registration) },
  });
  vi.stubGlobal('Notification', {
    get permission() {
      return permission;
    },
    requestPermission: () => Promise.resolve((permission = given.asked ?? permission)),
  });
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push(`${init.method ?? ''} ${url}`);
    if (url.endsWith('/push/key')) {
      const refused = { code: 'push_unavailable', message: '' };
      return Promise.resolve(Response.json(given.status ? refused : { key: KEY }, { status: given.status ?? 200 }));
    }
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  return calls;
}

const settled = (ring: AwayRing) => vi.waitFor(() => expect(ring.state).not.toBe('unknown'));

describe('the switch that lets a device ring while the page is closed', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('goes on by a permission, and off at the browser and at the relay', async () => {
    const calls = around({ permission: 'default', asked: 'granted' });
    const ring = new AwayRing();
    await settled(ring);
    expect(ring.state).toBe('off');
    await ring.switchOn();
    expect(ring.state).toBe('on');
    await ring.switchOff();
    expect(ring.state).toBe('off');
    expect(calls).toEqual([
      'GET /api/v1/push/key',
      'subscribe',
      'POST /api/v1/push/subscriptions',
      'unsubscribe',
      'DELETE /api/v1/push/subscriptions',
    ]);
  });

  it('says when the browser forbids it, can not, or the relay can not', async () => {
    around({ permission: 'default', asked: 'denied' });
    const blocked = new AwayRing();
    await blocked.switchOn();
    expect(blocked.state).toBe('blocked');
    around({ permission: 'granted', status: 503 });
    const unavailable = new AwayRing();
    await settled(unavailable);
    await unavailable.switchOn();
    expect(unavailable.state).toBe('unavailable');
    vi.unstubAllGlobals();
    vi.stubGlobal('navigator', { language: 'en' });
    const unsupported = new AwayRing();
    await settled(unsupported);
    expect(unsupported.state).toBe('unsupported');
  });

  it('tells the relay again what the browser kept, and renews what belongs to another key', async () => {
    const same = around({ permission: 'granted', keptKey: KEY });
    await settled(new AwayRing());
    expect(same).toEqual(['GET /api/v1/push/key', 'POST /api/v1/push/subscriptions']);
    const other = around({ permission: 'granted', keptKey: 'BAAA' });
    await settled(new AwayRing());
    expect(other).toEqual([
      'GET /api/v1/push/key',
      'unsubscribe',
      'subscribe',
      'POST /api/v1/push/subscriptions',
    ]);
  });
});
