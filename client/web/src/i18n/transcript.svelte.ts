/** The words of a transcript that is read and checked: kept apart, so that only its readers load them. */
import { words } from './index.svelte';
import type { StaffLanguage } from './screens';
import { en, type TranscriptWords } from './transcript/en';
import { sq } from './transcript/sq';
import { sr } from './transcript/sr';

const TRANSCRIPT: Record<StaffLanguage, TranscriptWords> = { en, sq, sr };

/** In the language of the staff's screen. */
export function transcriptWords(): TranscriptWords {
  return TRANSCRIPT[words.staffLanguage];
}
