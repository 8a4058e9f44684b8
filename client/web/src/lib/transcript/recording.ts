/** A recording made elsewhere beside a transcript: it began at another time, and by a clock of its own. */

/** When a recording began, in the transcript's time, if it is `seconds` into it while `at` is being said. */
export function beginsAt(at: number, seconds: number): number {
  return at - seconds * 1000;
}

/** How far into the recording something was said. */
export function secondsInto(at: number, begins: number): number {
  return (at - begins) / 1000;
}

/** What is being said so far into the recording. */
export function momentOf(seconds: number, begins: number): number {
  return begins + seconds * 1000;
}

/** `+1:05` or `−0:12`: how long after the session's beginning the recording begins. */
export function offsetText(begins: number, from: number): string {
  const seconds = Math.round((begins - from) / 1000);
  const whole = Math.abs(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return `${seconds < 0 ? '−' : '+'}${h > 0 ? `${h}:${two(m)}` : m}:${two(s)}`;
}
