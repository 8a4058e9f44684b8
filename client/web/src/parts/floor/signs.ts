/** Which picture stands for which sign. */
import type { Signal } from '../../wire';
import type { SignPictogram } from '../Pictogram.svelte';

export const PICTURES: Record<Signal, SignPictogram> = {
  slower: 'slower',
  repeat: 'repeat',
  correction: 'correction',
  cultural_note: 'custom',
  technical_problem: 'sound',
  another_mediator: 'another',
};
