import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Fader } from './fader';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An element as far as loudness goes. */
function element() {
  const set: number[] = [];
  let volume = 1;
  return {
    set,
    get volume() {
      return volume;
    },
    set volume(next: number) {
      volume = next;
      set.push(next);
    },
  };
}

it('goes down in small steps within 50 ms', () => {
  const audio = element();
  new Fader(audio as unknown as HTMLAudioElement).to(0.1);
  vi.advanceTimersByTime(60);
  expect(audio.volume).toBeCloseTo(0.1);
  expect(audio.set.length).toBeGreaterThanOrEqual(8);
  const steps = audio.set.map((next, at) => Math.abs(next - (audio.set[at - 1] ?? 1)));
  expect(Math.max(...steps)).toBeLessThan(0.2);
});

it('turns round in the middle from where it is', () => {
  const audio = element();
  const fader = new Fader(audio as unknown as HTMLAudioElement);
  fader.to(0);
  vi.advanceTimersByTime(25);
  const middle = audio.volume;
  expect(middle).toBeGreaterThan(0.3);
  expect(middle).toBeLessThan(0.7);
  fader.to(1);
  vi.advanceTimersByTime(5);
  expect(audio.volume).toBeGreaterThanOrEqual(middle);
  vi.advanceTimersByTime(60);
  expect(audio.volume).toBe(1);
});

it('does not wait for timers in a hidden page', () => {
  vi.stubGlobal('document', { hidden: true });
  const audio = element();
  new Fader(audio as unknown as HTMLAudioElement).to(0.2);
  expect(audio.volume).toBe(0.2);
});
