/** The sound of one participant: the microphone, the transport in use, and what the screens show of them. */
import type { IceServer, ParticipantMessage, Quality, Slot } from '../wire';
import { levelStep, qualityBetween, sample, settle, type Sample } from './levels';
import { openMicrophone } from './microphone';
import { Peer } from './peer';

const LEVELS_EVERY = 200;
const REPORT_EVERY = 2000;
/** An answer that has not come by then will not come. */
const ANSWER_TIMEOUT = 4000;

export interface Voice {
  mid: string;
  participant: string;
  track: MediaStreamTrack;
}

export class Call {
  /** Whose voice comes in which track. */
  voices = $state.raw<Voice[]>([]);
  /** Loudness in steps 0 to 4, by participant. */
  levels = $state.raw<Record<string, number>>({});
  ownLevel = $state(0);
  quality = $state<Quality>();
  muted = $state(false);
  /** Why there is no microphone, if there is none. */
  microphone = $state<'asking' | 'open' | 'denied' | 'missing'>('asking');

  readonly #send: (message: ParticipantMessage) => boolean;
  #peer: Peer | undefined;
  #track: MediaStreamTrack | undefined;
  #slots: Slot[] = [];
  #iceServers: IceServer[] = [];
  /** The relay answers in order; while an answer is due, no second offer goes out that it could be taken for. */
  #answerDue: ReturnType<typeof setTimeout> | undefined;
  #offering: Peer | undefined;
  /** A new transport is needed as soon as no answer is due any more. */
  #renew = false;
  #held = false;
  #coughing = false;
  #started = false;
  #closed = false;
  #sampler: ReturnType<typeof setInterval> | undefined;
  #reporter: ReturnType<typeof setInterval> | undefined;
  #latest: Sample | undefined;

  constructor(send: (message: ParticipantMessage) => boolean) {
    this.#send = send;
  }

  /** Asks for the microphone and connects. Later calls do nothing. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const microphone = await openMicrophone();
    if (this.#closed) {
      if ('track' in microphone) microphone.track.stop();
      return;
    }
    if ('track' in microphone) {
      this.#track = microphone.track;
      this.#applyMute();
    }
    this.microphone = 'track' in microphone ? 'open' : microphone.failed;
    this.#sampler = setInterval(() => void this.#sample(), LEVELS_EVERY);
    this.#reporter = setInterval(this.#reportQuality(), REPORT_EVERY);
    await this.#connect();
  }

  /**
   * The socket is there (again): whatever transport there was, the relay may have forgotten it. It begins by saying by
   * which ways the relay can be reached.
   */
  async socketOpened(iceServers: IceServer[]): Promise<void> {
    this.#iceServers = iceServers;
    this.#answerIsHere();
    if (this.microphone === 'asking') return;
    if (this.muted) this.#send({ type: 'set_muted', muted: true });
    await this.#connect();
  }

  async answered(sdp: string): Promise<void> {
    this.#answerIsHere();
    if (this.#renew) return this.#connect();
    await this.#peer?.answer(sdp);
    this.#applySlots();
  }

  /** The offer was refused: the next try is made when something changes. */
  refused(): void {
    this.#answerIsHere();
  }

  slotsChanged(slots: Slot[]): void {
    this.#slots = slots;
    this.#applySlots();
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.#applyMute();
    this.#send({ type: 'set_muted', muted });
  }

  /** While held, nothing leaves the microphone, whatever the relay does. */
  hold(held: boolean): void {
    this.#held = held;
    this.#applyMute();
  }

  /** While on, nothing leaves the microphone; the relay is told, so that the others see why. */
  cough(on: boolean): void {
    if (this.#coughing === on) return;
    this.#coughing = on;
    this.#applyMute();
    this.#send({ type: 'floor', act: { do: 'cough', on } });
  }

  /** What the relay knows of the cough button, which may have changed while the connection was away. */
  coughKnown(on: boolean): void {
    if (this.#coughing !== on) this.#send({ type: 'floor', act: { do: 'cough', on: this.#coughing } });
  }

  /** Tries once more for a microphone that was refused or missing. */
  async retryMicrophone(): Promise<void> {
    const microphone = await openMicrophone();
    if (!('track' in microphone)) {
      this.microphone = microphone.failed;
      return;
    }
    this.#track = microphone.track;
    this.microphone = 'open';
    this.#applyMute();
    await this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sampler);
    clearInterval(this.#reporter);
    this.#answerIsHere();
    this.#peer?.close();
    this.#track?.stop();
    this.voices = [];
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    this.#renew = this.#answerDue !== undefined;
    if (this.#renew) return;
    this.#peer?.close();
    this.#latest = undefined;
    const peer = new Peer(this.#track, this.#iceServers, {
      interrupted: () => void this.#offer(peer, true),
      lost: () => void this.#connect(),
    });
    this.#peer = peer;
    await this.#offer(peer, false);
  }

  /** Offers a transport, or (`again`) another way for the one that is there: voices and keys stay. */
  async #offer(peer: Peer, again: boolean): Promise<void> {
    if (this.#offering === peer || this.#answerDue !== undefined) return;
    this.#offering = peer;
    // It may be closed meanwhile, and has nothing to offer then.
    const sdp = await peer.offer(again).catch(() => undefined);
    if (this.#offering === peer) this.#offering = undefined;
    if (sdp === undefined || peer !== this.#peer || !this.#send({ type: 'sdp_offer', sdp })) return;
    this.#answerDue = setTimeout(() => {
      this.#answerDue = undefined;
      // While a way is looked for, the next offer comes by itself, and the one before may be answered still.
      if (!again || this.#renew) void this.#connect();
    }, ANSWER_TIMEOUT);
  }

  #answerIsHere(): void {
    clearTimeout(this.#answerDue);
    this.#answerDue = undefined;
  }

  #applySlots(): void {
    this.voices = this.#slots.flatMap(({ mid, participant }) => {
      const track = this.#peer?.trackOf(mid);
      return track === undefined ? [] : [{ mid, participant, track }];
    });
  }

  #applyMute(): void {
    if (this.#track !== undefined) this.#track.enabled = !this.muted && !this.#held && !this.#coughing;
  }

  async #sample(): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined || peer.connection.connectionState !== 'connected') {
      this.levels = {};
      this.ownLevel = 0;
      return;
    }
    const latest = await sample(peer.connection);
    if (peer !== this.#peer) return;
    this.#latest = latest;
    const before = this.levels;
    this.levels = Object.fromEntries(
      this.voices.map(({ mid, participant }) => [
        participant,
        settle(before[participant] ?? 0, levelStep(latest.received.get(mid) ?? 0)),
      ]),
    );
    this.ownLevel = this.muted || this.#held || this.#coughing ? 0 : settle(this.ownLevel, levelStep(latest.sent));
  }

  /** What the reporter runs: compares with the time before, and tells the others. */
  #reportQuality(): () => void {
    let before: Sample | undefined;
    return () => {
      const now = this.#latest;
      const quality = before !== undefined && now !== undefined ? qualityBetween(before, now) : undefined;
      before = now;
      if (quality === undefined) return;
      this.quality = quality;
      this.#send({ type: 'report_quality', quality });
    };
  }
}
