/** Moves the loudness of one element without a click. */

/** Long enough that no step is heard, short enough that nobody waits, in milliseconds. */
const RAMP = 50;
const STEP = 5;

/**
 * An element's own volume keeps the sound in the reference of the browser's echo cancellation. Where a system lets no
 * page set it (iOS), the sound goes through a gain of its own instead.
 */
export class Fader {
  readonly #element: HTMLAudioElement;
  #silenced = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #own: { context: AudioContext; source: MediaStreamAudioSourceNode; gain: GainNode } | undefined;

  constructor(element: HTMLAudioElement) {
    this.#element = element;
  }

  /** Goes to `volume`, from 0 to 1. */
  to(volume: number): void {
    clearInterval(this.#timer);
    if (this.#own !== undefined) {
      this.#ramp(this.#own, volume);
      return;
    }
    const from = this.#element.volume;
    if (from === volume) return;
    if (document.hidden) {
      // Timers sleep in a hidden page.
      this.#set(volume);
      return;
    }
    const began = performance.now();
    this.#timer = setInterval(() => {
      const done = Math.min(1, (performance.now() - began) / RAMP);
      this.#set(from + (volume - from) * done);
      if (done === 1 || this.#own !== undefined) clearInterval(this.#timer);
      if (this.#own !== undefined) this.#ramp(this.#own, volume);
    }, STEP);
  }

  /** At once, whatever the volume. */
  silence(silenced: boolean): void {
    this.#silenced = silenced;
    this.#element.muted = silenced || this.#own !== undefined;
    if (this.#own !== undefined) void (silenced ? this.#own.context.suspend() : this.#own.context.resume());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#own?.source.disconnect();
    void this.#own?.context.close();
    this.#own = undefined;
  }

  #set(volume: number): void {
    this.#element.volume = volume;
    if (Math.abs(this.#element.volume - volume) > 0.01) this.#takeOver();
  }

  #takeOver(): void {
    const { srcObject } = this.#element;
    if (!(srcObject instanceof MediaStream)) return;
    const context = new AudioContext();
    const source = context.createMediaStreamSource(srcObject);
    const gain = context.createGain();
    source.connect(gain).connect(context.destination);
    this.#own = { context, source, gain };
    // The element goes on pulling the stream, unheard.
    this.silence(this.#silenced);
  }

  #ramp({ context, gain }: { context: AudioContext; gain: GainNode }, volume: number): void {
    gain.gain.cancelScheduledValues(context.currentTime);
    gain.gain.setTargetAtTime(volume, context.currentTime, RAMP / 3000);
  }
}
