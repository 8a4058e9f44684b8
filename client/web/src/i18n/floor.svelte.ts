/** The words of modes, channels, signs, breaks and turns, apart from those of every session. */
import { en, type FloorWords } from './floor/en';
import { sq } from './floor/sq';
import { sr } from './floor/sr';
import { words } from './index.svelte';
import type { StaffLanguage } from './screens';

const FLOOR: Record<StaffLanguage, FloorWords> = { en, sq, sr };

/** In the language of the staff's screen. */
export function floorWords(): FloorWords {
  return FLOOR[words.staffLanguage];
}
