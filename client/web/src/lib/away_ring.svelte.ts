/** Whether this device rings while no page is open: the browser's permission and subscription, and the relay's. */
import { api } from './api';
import { ApiError } from './http';

export type AwayState =
  | 'unknown'
  /** This browser can not. */
  | 'unsupported'
  /** The person, or the browser for them, forbade notifications. */
  | 'blocked'
  | 'on'
  | 'off'
  /** Switching did not work; it may be tried again. */
  | 'failed'
  /** The relay can not. */
  | 'unavailable'
  /** The relay does not ask this browser's push service. */
  | 'refused';

/** Where the service worker finds the language of its notifications; the names stand there, too. */
const CACHE = 'ring';
const LANGUAGE = '/ring-language';

export class AwayRing {
  state = $state<AwayState>('unknown');

  constructor() {
    void this.#look();
  }

  /** In which language notifications speak from now on. */
  async speak(language: string): Promise<void> {
    if (!isSupported()) return;
    const cache = await caches.open(CACHE);
    await cache.put(LANGUAGE, new Response(language));
  }

  /** Asks the person for permission, where that was not done; to be called by a touch. */
  async switchOn(): Promise<void> {
    this.state = 'unknown';
    await this.#attempt(async () => {
      if ((await Notification.requestPermission()) !== 'granted') return void (this.state = permitted());
      const { key } = await api.pushKey();
      await this.#tell(await subscribed(key));
      this.state = 'on';
    });
  }

  async switchOff(): Promise<void> {
    if (this.state !== 'on') return;
    this.state = 'unknown';
    await this.#attempt(async () => {
      const subscription = await current();
      if (subscription) {
        // The browser's half ends even when the relay can not be reached: the relay learns of it at the next ring.
        await subscription.unsubscribe();
        await api.ringDeviceNoMore({ endpoint: subscription.endpoint }).catch(() => undefined);
      }
      this.state = 'off';
    });
  }

  /** How it stands. What the browser still has, the relay is told again: it may have forgotten. */
  async #look(): Promise<void> {
    if (!isSupported()) return void (this.state = 'unsupported');
    await this.#attempt(async () => {
      const subscription = await current();
      if (Notification.permission !== 'granted' || !subscription) return void (this.state = permitted());
      const { key } = await api.pushKey();
      await this.#tell(await subscribed(key));
      this.state = 'on';
    });
  }

  async #tell(subscription: PushSubscription): Promise<void> {
    const { p256dh, auth } = subscription.toJSON().keys ?? {};
    await api.ringDevice({ endpoint: subscription.endpoint, p256dh: p256dh ?? '', auth: auth ?? '' });
  }

  async #attempt(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      const code = error instanceof ApiError ? error.problem.code : '';
      const known: Record<string, AwayState> = { push_unavailable: 'unavailable', push_endpoint_refused: 'refused' };
      this.state = known[code] ?? 'failed';
    }
  }
}

/** The subscription to the relay's key; one to another key, of a relay that was set up anew, rings no more. */
async function subscribed(key: string): Promise<PushSubscription> {
  const wanted = bytesOf(key);
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  if (before && sameBytes(before.options.applicationServerKey, wanted)) return before;
  await before?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function isSupported(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
}

function permitted(): AwayState {
  return Notification.permission === 'denied' ? 'blocked' : 'off';
}

/** From base64url. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));
}

function sameBytes(some: ArrayBuffer | null, others: Uint8Array): boolean {
  const bytes = new Uint8Array(some ?? new ArrayBuffer(0));
  return bytes.length === others.length && bytes.every((byte, index) => byte === others[index]);
}
