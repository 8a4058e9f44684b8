/** What stands under "captions": lines and gaps as they were written, and what is being said now. */
import type { CaptionDraft, TranscriptGap, TranscriptLine } from '../wire';

/** Entries kept on the screen; the whole transcript is in the record. */
const KEPT = 50;
/** Less sure than this, a word is shown as doubtful (`LineWord::DOUBTFUL_BELOW`). */
const DOUBTFUL_BELOW = 50;

export type Entry = { kind: 'line'; line: TranscriptLine } | { kind: 'gap'; gap: TranscriptGap };

export interface Captions {
  readonly entries: readonly Entry[];
  /** At most one of each speaker, in the order in which they began. */
  readonly drafts: readonly CaptionDraft[];
}

export const NONE: Captions = { entries: [], drafts: [] };

export function withLine(captions: Captions, line: TranscriptLine): Captions {
  return settled(captions, line.speaker, { kind: 'line', line });
}

export function withGap(captions: Captions, gap: TranscriptGap): Captions {
  return settled(captions, gap.speaker, { kind: 'gap', gap });
}

/** An empty draft takes the speaker's last one away. */
export function withDraft(captions: Captions, draft: CaptionDraft): Captions {
  const others = without(captions.drafts, draft.speaker);
  const drafts = draft.settled === '' && draft.open === '' ? others : [...others, draft];
  return { ...captions, drafts: drafts.toSorted((a, b) => a.started_at - b.started_at) };
}

/** Nothing is being written down any more. */
export function withoutDrafts(captions: Captions): Captions {
  return captions.drafts.length === 0 ? captions : { ...captions, drafts: [] };
}

export interface Piece {
  readonly text: string;
  readonly doubtful: boolean;
}

/** A line in pieces that are sure or doubtful; the blanks between them are in them. */
export function pieces(line: TranscriptLine): Piece[] {
  if (line.doubtful === true) return [{ text: line.text, doubtful: true }];
  const words = line.words ?? [];
  const bare = (text: string) => text.replace(/\s/g, '');
  // Where the words are not the text, the text is what was said.
  if (bare(words.map((word) => word.text).join('')) !== bare(line.text)) return [{ text: line.text, doubtful: false }];
  const all: { text: string; doubtful: boolean }[] = [];
  for (const word of words) {
    const doubtful = word.sure < DOUBTFUL_BELOW;
    const last = all.at(-1);
    if (last !== undefined) last.text += ' ';
    if (last?.doubtful === doubtful) last.text += word.text;
    else all.push({ text: word.text, doubtful });
  }
  return all;
}

function settled(captions: Captions, speaker: string, entry: Entry): Captions {
  return { entries: [...captions.entries, entry].slice(-KEPT), drafts: without(captions.drafts, speaker) };
}

function without(drafts: readonly CaptionDraft[], speaker: string): CaptionDraft[] {
  return drafts.filter((draft) => draft.speaker !== speaker);
}

/** The last line that was written. */
export function lastLine(captions: Captions): TranscriptLine | undefined {
  return captions.entries.findLast((entry) => entry.kind === 'line')?.line;
}
