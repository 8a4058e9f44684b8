/** A line's text in runs: what is doubtful, what was searched for, and from where a word can be played. */
import { pieces, wordsOf, type Written } from '../captions';
import type { DocumentLine } from '../../wire';
import { prepared, type Prepared, type Range } from './search';

export interface Run {
  readonly text: string;
  readonly doubtful: boolean;
  readonly hit: boolean;
  /** Milliseconds since the line began, where the machine says when the word was said. */
  readonly ms?: number;
}

/** Doubt is the machine's: it ends where a person has corrected or certified. */
function shownPieces(line: DocumentLine) {
  return pieces(line.status === 'machine_draft' ? line : { text: line.text });
}

/** The text as it is shown. */
export function shownText(line: DocumentLine): string {
  return shownPieces(line)
    .map((piece) => piece.text)
    .join('');
}

const known = new WeakMap<DocumentLine, Prepared>();

/** The same, prepared for searching; each line of a document once. */
export function searchable(line: DocumentLine): Prepared {
  const before = known.get(line);
  if (before !== undefined) return before;
  const made = prepared(shownText(line));
  known.set(line, made);
  return made;
}

/** In runs; `playable`: words begin runs of their own where they are known. */
export function runsOf(line: DocumentLine, hits: readonly Range[], playable: boolean): Run[] {
  const shown = shownPieces(line);
  const text = shown.map((piece) => piece.text).join('');
  const doubts: Range[] = [];
  let at = 0;
  for (const piece of shown) {
    if (piece.doubtful) doubts.push({ from: at, until: at + piece.text.trimEnd().length });
    at += piece.text.length;
  }
  const words = playable && line.corrected === null ? placesOf(line, text) : [];
  const cuts = [0, text.length, ...[...doubts, ...hits].flatMap(({ from, until }) => [from, until]), ...words.map((word) => word.from)];
  const places = [...new Set(cuts)].filter((place) => place <= text.length).sort((a, b) => a - b);
  return places.slice(0, -1).map((from, nth) => {
    const ms = words.findLast((word) => word.from <= from)?.ms;
    const run = {
      text: text.slice(from, places[nth + 1]),
      doubtful: within(doubts, from),
      hit: within(hits, from),
    };
    return ms === undefined ? run : { ...run, ms };
  });
}

/** Where each word begins in the text. */
function placesOf(line: Written & DocumentLine, text: string): { from: number; ms: number }[] {
  let after = 0;
  return wordsOf(line).flatMap((word) => {
    const from = text.indexOf(word.text, after);
    if (from < 0) return [];
    after = from + word.text.length;
    return [{ from, ms: word.from_ms }];
  });
}

function within(ranges: readonly Range[], at: number): boolean {
  return ranges.some(({ from, until }) => from <= at && at < until);
}
