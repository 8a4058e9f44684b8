/** How well an hour is covered, in the few steps that a picture can show. */

export type CoverLevel = 'nobody' | 'on_call' | 'one' | 'more' | 'not_needed';

export function coverLevel(onShift: number, onCall: number, needed: number): CoverLevel {
  if (onShift >= 2) return 'more';
  if (onShift === 1) return 'one';
  if (needed === 0) return 'not_needed';
  return onCall > 0 ? 'on_call' : 'nobody';
}

export type ChanceLevel = 'unlikely' | 'likely' | 'sure';

/** By the goal that 97 of 100 calls are answered within 30 seconds. */
export function chanceLevel(chance: number): ChanceLevel {
  if (chance >= 0.97) return 'sure';
  return chance >= 0.8 ? 'likely' : 'unlikely';
}
