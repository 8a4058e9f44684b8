/** The timeline: a lane for each speaker, blocks on one axis of time, drawn as a few paths however many lines there are. */
import type { DocumentEntry, LineStatus, Speaker, TranscriptDocument } from '../../wire';
import { grouped, isLine } from './document';

export type BlockKind = LineStatus | 'gap';
export const BLOCK_KINDS: readonly BlockKind[] = ['machine_draft', 'corrected', 'certified', 'gap'];

export interface Lane {
  readonly speaker: Speaker;
  /** In the order of their beginning. */
  readonly entries: readonly DocumentEntry[];
}

/** Points of time on pixels. */
export interface Scale {
  readonly from: number;
  readonly until: number;
  readonly width: number;
}

/** Narrower than this a block could not be seen. */
const NARROWEST = 2;
/** How much of a lane's height a block takes: states differ in shape where a block is too narrow for a pattern. */
export const HEIGHTS: Record<BlockKind, number> = { machine_draft: 0.45, corrected: 0.7, certified: 1, gap: 1 };

/** Only who spoke has a lane. */
export function lanesOf(document: TranscriptDocument): Lane[] {
  const by = grouped(document.entries, (entry) => entry.speaker);
  return document.speakers.flatMap((speaker) => {
    const entries = by.get(speaker.id);
    return entries === undefined ? [] : [{ speaker, entries }];
  });
}

export function kindOf(entry: DocumentEntry): BlockKind {
  return isLine(entry) ? entry.status : 'gap';
}

export function xOf(at: number, { from, until, width }: Scale): number {
  return ((at - from) / (until - from)) * width;
}

export function timeAt(x: number, { from, until, width }: Scale): number {
  return from + (Math.max(0, Math.min(width, x)) / Math.max(1, width)) * (until - from);
}

/** All blocks of a kind as one path, standing on the lower edge of a lane of this height. */
export function pathOf(entries: readonly DocumentEntry[], kind: BlockKind, scale: Scale, top: number, height: number): string {
  const tall = height * HEIGHTS[kind];
  let path = '';
  for (const entry of entries) {
    if (kindOf(entry) !== kind) continue;
    const x = xOf(entry.started_at, scale);
    const wide = Math.max(NARROWEST, xOf(entry.ended_at, scale) - x);
    path += `M${round(x)} ${round(top + height - tall)}h${round(wide)}v${round(tall)}h${round(-wide)}z`;
  }
  return path;
}

/** The entry at a point of time, or the nearest one on either side. */
export function nearest(entries: readonly DocumentEntry[], at: number): DocumentEntry | undefined {
  let best: DocumentEntry | undefined;
  let distance = Infinity;
  for (const entry of entries) {
    const away = at < entry.started_at ? entry.started_at - at : Math.max(0, at - entry.ended_at);
    if (away < distance) [best, distance] = [entry, away];
    if (away === 0) break;
  }
  return best;
}

const STEPS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);

/** Marks of the axis as times since its beginning, at least so many pixels apart. */
export function ticksOf({ from, until, width }: Scale, apart = 90): number[] {
  const most = Math.max(1, Math.floor(width / apart));
  const step = STEPS.find((one) => (until - from) / one <= most) ?? 3_600_000 * Math.ceil((until - from) / 3_600_000 / most);
  return Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, nth) => nth * step);
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
