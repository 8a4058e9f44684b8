import { expect, it, vi } from 'vitest';
import { TranscriptDesk } from './desk.svelte';

const desk = () => new TranscriptDesk(vi.fn(() => Promise.resolve()));

it('keeps what was typed about each line, until it is saved or given up', () => {
  const one = desk();
  one.write(7, 'correct', 'as it is', 2);
  expect(one.selected).toBe(7);
  expect(one.hasTyped).toBe(false);
  one.type(7, 'correct', 'as it was said');
  one.write(9, 'comment');
  one.type(9, 'comment', 'a custom');
  expect(one.begun(7, 'correct')).toEqual({ text: 'as it was said', first: 'as it is', version: 2 });
  expect(one.isWriting(9)).toBe(true);
  one.put(9, 'comment');
  expect(one.isWriting(9)).toBe(false);
  expect(one.hasTyped).toBe(true);
  one.put(7, 'correct');
  expect(one.hasTyped).toBe(false);
  // What nobody began is not written.
  one.type(7, 'correct', 'late');
  expect(one.begun(7, 'correct')).toBeUndefined();
});

it('writes about the whole without leaving the line', () => {
  const one = desk();
  one.selected = 3;
  one.write(null, 'comment');
  expect([one.selected, one.isWriting(null)]).toEqual([3, true]);
});

it('lets go of chosen lines that are certified or were changed', () => {
  const one = desk();
  for (const line of [1, 2, 3, 4]) one.choose(line, 0);
  one.choose(2, undefined);
  // The fourth was corrected by somebody else meanwhile.
  one.keepChosen(new Map([[2, 0], [3, 0], [4, 1]]));
  expect([...one.chosen]).toEqual([[3, 0]]);
});
