/** Two languages side by side: what was said, and beside it how the mediator said it in the other language. */
import { primary } from '../languages';
import type { DocumentEntry, Role, Speaker, TranscriptDocument } from '../../wire';
import { isLine } from './document';

/** Left the interviewee's language, right the officer's; what is in neither goes across. */
export type Side = 'source' | 'target' | 'across';

export interface Row {
  /** Number of its first entry: each entry stands in one row only. */
  readonly key: number;
  readonly source?: DocumentEntry;
  readonly target?: DocumentEntry;
  readonly across?: DocumentEntry;
}

const USUAL: Partial<Record<Role, Side>> = { interviewee: 'source', officer: 'target' };

/**
 * The column of an entry. A gap has no language: it goes where its speaker's stands, and across for a mediator, who speaks
 * both.
 */
export function sideOf(entry: DocumentEntry, document: TranscriptDocument, speakers: ReadonlyMap<string, Speaker>): Side {
  const speaker = speakers.get(entry.speaker);
  if (!isLine(entry)) return (speaker && USUAL[speaker.role]) ?? 'across';
  const { source, target } = document.certificate.languages;
  if (entry.language === source) return 'source';
  if (entry.language === target) return 'target';
  if (primary(entry.language) === primary(source)) return 'source';
  if (primary(entry.language) === primary(target)) return 'target';
  // What was transcribed as a neighbour of somebody's language is what they said all the same.
  return (speaker && USUAL[speaker.role]) ?? 'across';
}

/** Entries in the order of time; a rendering stands beside the utterance that it follows at once. */
export function rowsOf(
  entries: readonly DocumentEntry[],
  document: TranscriptDocument,
  speakers: ReadonlyMap<string, Speaker>,
): Row[] {
  const rows: Row[] = [];
  let waiting: { side: 'source' | 'target'; entry: DocumentEntry } | undefined;
  for (const entry of entries) {
    const side = sideOf(entry, document, speakers);
    const renders = isLine(entry) && speakers.get(entry.speaker)?.role === 'mediator';
    if (side !== 'across' && renders && waiting !== undefined && waiting.side !== side) {
      rows[rows.length - 1] = { key: waiting.entry.number, [waiting.side]: waiting.entry, [side]: entry };
      waiting = undefined;
      continue;
    }
    rows.push({ key: entry.number, [side]: entry });
    // A rendering is not rendered again, and nothing renders a gap.
    waiting = side !== 'across' && isLine(entry) && !renders ? { side, entry } : undefined;
  }
  return rows;
}

/** What stands in a row, in the order of time. */
export function entriesOf(row: Row): DocumentEntry[] {
  const all = [row.source, row.target, row.across].filter((entry) => entry !== undefined);
  return all.sort((a, b) => a.started_at - b.started_at || a.number - b.number);
}
