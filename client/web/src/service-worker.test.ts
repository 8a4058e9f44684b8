import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { serviceWorkerSource } from '../service-worker-plugin';
import { sq } from './i18n/staff/sq';

type Handler = (event: object) => void;
interface Shown {
  title: string;
  options: { tag: string; silent: boolean; body: string };
}

/** The very file that is served, with a browser around it that notes what is asked of it. */
function worker(given: { language?: string; front?: boolean }) {
  const handlers: Record<string, Handler> = {};
  const shown: Shown[] = [];
  const opened: string[] = [];
  const closed: string[] = [];
  const note = (tag: string) => ({ close: () => closed.push(tag) });
  const self = {
    addEventListener: (name: string, handler: Handler) => (handlers[name] = handler),
    registration: {
      getNotifications: ({ tag }: { tag: string }) => Promise.resolve([note(tag)]),
      showNotification: (title: string, options: Shown['options']) => Promise.resolve(shown.push({ title, options })),
    },
    clients: {
      matchAll: () => Promise.resolve(given.front ? [{ visibilityState: 'visible', focus: () => opened.push('page') }] : []),
      openWindow: (url: string) => Promise.resolve(opened.push(url)),
    },
    location: { origin: 'https://relay.example' },
  };
  const kept = given.language === undefined ? undefined : { text: () => Promise.resolve(given.language) };
  const caches = { match: () => Promise.resolve(kept) };
  runInContext(serviceWorkerSource('v', ['/']), createContext({ self, caches, URL }));
  const send = async (name: string, event: object) => {
    let done: unknown;
    handlers[name]?.({ ...event, waitUntil: (promise: unknown) => (done = promise) });
    await done;
  };
  const push = (kind: string) => send('push', { data: { json: () => ({ kind, ring: 'r1', expires_at: 1 }) } });
  return { push, send, shown, opened, closed };
}

describe('the service worker', () => {
  it('rings in the mediator’s language, and lets the end take the place of the ring without a sound', async () => {
    const { push, shown } = worker({ language: 'sq' });
    await push('ring');
    await push('ring_over');
    expect(shown.map(({ title }) => title)).toEqual([sq.incoming, sq.ringOver]);
    expect(shown.map(({ options }) => [options.tag, options.silent])).toEqual([['r1', false], ['r1', true]]);
    expect(shown[0]?.options.body).toBe(sq.ringTouch);
  });

  it('says what waits, each kind in its own words, and something to look at where it has none', async () => {
    const { push, shown } = worker({ language: 'sq' });
    const kinds = ['booking_asks', 'booking_changed', 'booking_soon', 'booking_waits', 'call_waits', 'of_next_year'];
    for (const kind of kinds) await push(kind);
    const titles = [sq.noteBookingAsks, sq.noteBookingChanged, sq.noteBookingSoon, sq.noteBookingWaits, sq.noteCallWaits];
    expect(shown.map(({ title }) => title)).toEqual([...titles, sq.noteBookingChanged]);
    expect(new Set(shown.map(({ options }) => options.body))).toEqual(new Set([sq.noteTouch]));
  });

  it('leaves the sound to a page in front, and closes the notification when the call is over', async () => {
    const { push, shown, closed } = worker({ front: true });
    await push('ring');
    await push('ring_over');
    expect(shown.map(({ options }) => options.silent)).toEqual([true]);
    expect(closed).toEqual(['r1']);
  });

  it('shows nothing for a message that is not a ring', async () => {
    const { send, shown } = worker({});
    for (const json of [() => ({ other: 1 }), () => ({ ring: 7 }), () => JSON.parse('nonsense') as unknown]) {
      await send('push', { data: { json } });
    }
    await send('push', { data: null });
    expect(shown).toEqual([]);
  });

  it('opens the app at a touch, or brings it to the front', async () => {
    for (const front of [false, true]) {
      const { send, opened, closed } = worker({ front });
      await send('notificationclick', { notification: { close: () => closed.push('r1') } });
      expect([opened, closed]).toEqual([[front ? 'page' : '/#/'], ['r1']]);
    }
  });
});
