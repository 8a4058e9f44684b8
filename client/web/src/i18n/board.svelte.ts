/** The board's words: kept apart, so that nobody but a coordinator loads them. */
import { en, type BoardWords } from './board/en';
import { sq } from './board/sq';
import { sr } from './board/sr';
import { words } from './index.svelte';
import type { StaffLanguage } from './screens';

export const BOARD: Record<StaffLanguage, BoardWords> = { en, sq, sr };

export const boardWords = {
  get now(): BoardWords {
    return BOARD[words.staffLanguage];
  },
};
