/** One WebRTC transport to the relay: section 0 sends the microphone, seven more receive, one voice each. */
import type { IceServer } from '../wire';

export const SLOTS = 7;

export interface PeerEvents {
  /** The way to the relay may be another one now: look for it. Told again and again until it is found. */
  interrupted: () => void;
  /** The transport has been without a way for too long, or can have none: make a new one. */
  lost: () => void;
}

/** How often a way is looked for while there is none. */
const SEARCH_EVERY = 1000;
/** How long it is looked for before the transport is given up. */
const GIVE_UP_AFTER = 15_000;

export class Peer {
  readonly connection: RTCPeerConnection;
  readonly #events: PeerEvents;
  #search: ReturnType<typeof setInterval> | undefined;
  #interruptedSince = 0;
  #streams: string | undefined;
  readonly #unhear = new AbortController();
  #closed = false;

  constructor(microphone: MediaStreamTrack | undefined, iceServers: IceServer[], events: PeerEvents) {
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
    this.#events = events;
    // Without a microphone the section stays, so that the sections of every client have the same order.
    if (microphone === undefined) this.connection.addTransceiver('audio', { direction: 'inactive' });
    else this.connection.addTransceiver(microphone, { direction: 'sendonly' });
    for (let slot = 0; slot < SLOTS; slot += 1) this.connection.addTransceiver('audio', { direction: 'recvonly' });

    this.connection.onconnectionstatechange = () => {
      const state = this.connection.connectionState;
      if (state === 'connected') this.#found();
      if (state === 'disconnected' || state === 'failed') this.#seek();
    };
    // The browser knows of a change of network before anything is missed.
    const options = { signal: this.#unhear.signal };
    const changed = () => {
      // Before the first connection there is no way that could have changed.
      if (this.#streams !== undefined) events.interrupted();
    };
    window.addEventListener('online', changed, options);
    networkInformation()?.addEventListener('change', changed, options);
  }

  /**
   * The offer's text; `again`: of the same transport, by another way (RFC 8839 §4.4.1). The relay needs none of our
   * candidates: it learns our address from our first packet.
   */
  async offer(again = false): Promise<string> {
    const offer = await this.connection.createOffer({ iceRestart: again });
    await this.connection.setLocalDescription(offer);
    return this.connection.localDescription?.sdp ?? '';
  }

  /** Takes the relay's answer. It may have forgotten this transport and made a new one, with other streams: lost. */
  async answer(sdp: string): Promise<void> {
    if (this.connection.signalingState !== 'have-local-offer') return;
    const streams = streamsIn(sdp);
    if (this.#streams !== undefined && this.#streams !== streams) return this.#events.lost();
    this.#streams = streams;
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** The track of a section. */
  trackOf(mid: string): MediaStreamTrack | undefined {
    return this.connection.getTransceivers().find((transceiver) => transceiver.mid === mid)?.receiver.track;
  }

  close(): void {
    this.#closed = true;
    this.#found();
    this.#unhear.abort();
    this.connection.close();
  }

  #found(): void {
    clearInterval(this.#search);
    this.#search = undefined;
  }

  #seek(): void {
    if (this.#closed || this.#search !== undefined) return;
    this.#interruptedSince = Date.now();
    this.#search = setInterval(() => {
      if (Date.now() - this.#interruptedSince < GIVE_UP_AFTER) return this.#events.interrupted();
      this.#found();
      this.#events.lost();
    }, SEARCH_EVERY);
    this.#events.interrupted();
  }
}

/** Chromium tells of a change between networks; others do not. */
function networkInformation(): EventTarget | undefined {
  return (navigator as Navigator & { connection?: EventTarget }).connection;
}

/** The relay's streams and certificate, as its answer has them. */
function streamsIn(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => line.startsWith('a=ssrc:') || line.startsWith('a=fingerprint:'))
    .join();
}
