/** The relay's time as this page sees it: countdowns must not depend on a tablet whose clock is wrong. */
import { createSubscriber } from 'svelte/reactivity';

let offset = 0;
/** Once the relay told its clock to the millisecond, the header's whole seconds only tell a clock that was set anew. */
let exact = false;

/** Takes the relay's clock as a view has it: good to the time that the message took. */
export function noteRelayMoment(theirs: number): void {
  offset = theirs - Date.now();
  exact = true;
}

/** Takes the relay's `Date` header; it is good to a second, which is all that a countdown shows. */
export function noteRelayTime(header: string | null): void {
  const theirs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(theirs)) return;
  const difference = theirs + 500 - Date.now();
  if (exact && Math.abs(difference - offset) < 1500) return;
  // Clocks that agree to within the header's own grain are taken as they are.
  offset = Math.abs(difference) < 1500 ? 0 : difference;
}

/** A clock that ticks for the screens; it runs only while something on the screen reads it. */
class Ticker {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** Milliseconds since 1970 on the relay's clock. */
  get now(): number {
    this.#subscribe();
    return Date.now() + offset;
  }
}

export const clock = new Ticker();

/** Whole seconds until a time, never negative. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1000));
}

/** `4:05` or `1:04:05`. */
export function asDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
