/** What stands under "captions": lines and gaps as they were written, and what is being said now. */
import type { CaptionDraft, LineWord, TranscriptEntry, TranscriptGap, TranscriptGist, TranscriptLine } from '../wire';

/** Entries kept on the screen; the whole transcript is in the record. */
const KEPT = 50;
/** Less sure than this, a word is shown as doubtful (`LineWord::DOUBTFUL_BELOW`). */
const DOUBTFUL_BELOW = 50;

/** The gist stands beside its line and is never a part of it: no interpretation, and not in the transcript. */
export type Entry =
  | { kind: 'line'; line: TranscriptLine; gist?: TranscriptGist }
  | { kind: 'gap'; gap: TranscriptGap };

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

/**
 * The last of what was written before this connection, of which some may have been missed; whatever is older stays. What
 * was being said when the former connection was lost may be among it, so those drafts go: the next ones come soon.
 */
export function withWritten(captions: Captions, last: readonly TranscriptEntry[], gists: readonly TranscriptGist[]): Captions {
  const written = last.map((entry): Entry => ('why' in entry ? { kind: 'gap', gap: entry } : { kind: 'line', line: entry }));
  const first = written[0] === undefined ? '' : keyOf(written[0]);
  const at = captions.entries.findIndex((entry) => keyOf(entry) === first);
  const older = at < 0 ? captions.entries : captions.entries.slice(0, at);
  return gists.reduce(withGist, { entries: [...older, ...written].slice(-KEPT), drafts: [] });
}

function keyOf(entry: Entry): string {
  const { speaker, started_at, ended_at } = entry.kind === 'line' ? entry.line : entry.gap;
  return [entry.kind, speaker, started_at, ended_at].join(' ');
}

/** It may come after later lines; where its line is not kept any more, there is nothing to put it beside. */
export function withGist(captions: Captions, gist: TranscriptGist): Captions {
  const at = captions.entries.findLastIndex(
    (entry) => entry.kind === 'line' && entry.line.speaker === gist.speaker && entry.line.started_at === gist.started_at,
  );
  const entry = captions.entries[at];
  return entry?.kind === 'line' ? { ...captions, entries: captions.entries.with(at, { ...entry, gist }) } : captions;
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

/** What is needed of a line to show it, whether it was just written or stands in a transcript. */
export interface Written {
  readonly text: string;
  readonly words?: readonly LineWord[];
  readonly doubtful?: boolean;
}

/** Words that make up the text; none where they are not the text, for the text is what was said. */
export function wordsOf(line: Written): readonly LineWord[] {
  const words = line.words ?? [];
  const bare = (text: string) => text.replace(/\s/g, '');
  return bare(words.map((word) => word.text).join('')) === bare(line.text) ? words : [];
}

/** A line in pieces that are sure or doubtful; the blanks between them are in them. */
export function pieces(line: Written): Piece[] {
  if (line.doubtful === true) return [{ text: line.text, doubtful: true }];
  const words = wordsOf(line);
  if (words.length === 0) return [{ text: line.text, doubtful: false }];
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
