/** A transcript's entries as the screens need them: who, in which state, with which comments. */
import type { Comment, DocumentEntry, DocumentGap, DocumentLine, LineStatus, SignedAt, Speaker, TranscriptDocument, TranscriptView } from '../../wire';

export type Line = { kind: 'line' } & DocumentLine;
export type Gap = { kind: 'gap' } & DocumentGap;

export function isLine(entry: DocumentEntry): entry is Line {
  return entry.kind === 'line';
}

export function linesOf(document: TranscriptDocument): Line[] {
  return document.entries.filter(isLine);
}

export interface Counts {
  readonly all: number;
  readonly certified: number;
  readonly corrected: number;
  readonly drafts: number;
}

/** Every line counts once, by the last that was done to it. */
export function countsOf(document: TranscriptDocument): Counts {
  const of: Record<LineStatus, number> = { machine_draft: 0, corrected: 0, certified: 0 };
  const lines = linesOf(document);
  for (const line of lines) of[line.status] += 1;
  return { all: lines.length, certified: of.certified, corrected: of.corrected, drafts: of.machine_draft };
}

/** When something was said or done last, and first. */
export function spanOf({ from, to, entries }: TranscriptDocument): { from: number; until: number } {
  // The scribe's clock may differ from the relay's: nothing may lie outside of the axis.
  let [first, last] = [from, to];
  for (const entry of entries) {
    first = Math.min(first, entry.started_at);
    last = Math.max(last, entry.ended_at);
  }
  return { from: first, until: Math.max(last, first + 1000) };
}

/** In groups by a key, each in the order in which it was. */
export function grouped<K, T>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** Comments by the entry that they belong to; `null`: of the whole. */
export function commentsBy(comments: readonly Comment[]): Map<number | null, Comment[]> {
  return grouped(comments, (comment) => comment.entry);
}

export function speakersBy(speakers: readonly Speaker[]): Map<string, Speaker> {
  return new Map(speakers.map((speaker) => [speaker.id, speaker]));
}

/** As what the reader is here: to correct and certify, or only to read. */
export function readerOf({ you, document }: TranscriptView): Speaker | undefined {
  return document.speakers.find((speaker) => speaker.id === you);
}

/** The line on which somebody speaks at a point in time: the last one that had begun. Entries are in order of their beginning. */
export function entryAt(entries: readonly DocumentEntry[], at: number): DocumentEntry | undefined {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.started_at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}

/** Whether the reader certified this very text already. */
export function certifiedBy(certified: readonly SignedAt[], reader: Speaker): boolean {
  return certified.some(({ by }) => by.role === reader.role && by.alias === reader.alias);
}
