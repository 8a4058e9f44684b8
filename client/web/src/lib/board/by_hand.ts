/** Who may be rung by hand for a call, from how the relay judges the roster. */
import type { CandidateRow } from '../../wire';

/** One judgement for each mediator, best first: of several open places, that for the first they could fill is rung for. */
export function byMediator(rows: CandidateRow[]): Map<string, CandidateRow> {
  const found = new Map<string, CandidateRow>();
  for (const row of rows) if (!found.has(row.mediator)) found.set(row.mediator, row);
  return new Map([...found].sort(([, a], [, b]) => rank(a) - rank(b)));
}

export function canRing(row: CandidateRow): boolean {
  return row.by_hand === 'free' || row.by_hand === 'with_reason';
}

const rank = (row: CandidateRow) => ({ free: 0, with_reason: 1, rings: 2, never: 3 })[row.by_hand];
