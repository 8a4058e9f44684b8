/** One WebRTC transport to the relay: section 0 sends the microphone, seven more receive, one voice each. */
import type { IceServer } from '../wire';

export const SLOTS = 7;

export interface PeerEvents {
  /** The transport is beyond repair, or has been silent for too long: make a new one. */
  lost: () => void;
}

/** How long a transport may be interrupted before it is replaced rather than waited for. */
const INTERRUPTION = 2000;

export class Peer {
  readonly connection: RTCPeerConnection;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(microphone: MediaStreamTrack | undefined, iceServers: IceServer[], events: PeerEvents) {
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
    // Without a microphone the section stays, so that the sections of every client have the same order.
    if (microphone === undefined) this.connection.addTransceiver('audio', { direction: 'inactive' });
    else this.connection.addTransceiver(microphone, { direction: 'sendonly' });
    for (let slot = 0; slot < SLOTS; slot += 1) this.connection.addTransceiver('audio', { direction: 'recvonly' });

    this.connection.onconnectionstatechange = () => {
      clearTimeout(this.#timer);
      if (this.#closed) return;
      const state = this.connection.connectionState;
      if (state === 'failed') events.lost();
      if (state === 'disconnected') this.#timer = setTimeout(() => events.lost(), INTERRUPTION);
    };
  }

  /** The offer's text. The relay needs none of our candidates: it learns our address from our first packet. */
  async offer(): Promise<string> {
    const offer = await this.connection.createOffer();
    await this.connection.setLocalDescription(offer);
    return this.connection.localDescription?.sdp ?? '';
  }

  async answer(sdp: string): Promise<void> {
    if (this.connection.signalingState !== 'have-local-offer') return;
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** The track of a section. */
  trackOf(mid: string): MediaStreamTrack | undefined {
    return this.connection.getTransceivers().find((transceiver) => transceiver.mid === mid)?.receiver.track;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.connection.close();
  }
}
