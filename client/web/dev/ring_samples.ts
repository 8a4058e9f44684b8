/** Whom a coordinator could ring by hand: one of each kind, and many who have no page open. */
import type { CandidateRow, MediatorRow } from '../src/wire';

const judgements: Pick<CandidateRow, 'by_hand' | 'reasons'>[] = [
  { by_hand: 'free', reasons: [{ reason: 'speaks_pair' }, { reason: 'native_level' }, { reason: 'on_call' }] },
  { by_hand: 'with_reason', reasons: [{ reason: 'speaks_pair' }, { reason: 'not_ready' }] },
  { by_hand: 'with_reason', reasons: [{ reason: 'speaks_pair' }, { reason: 'resting', until: Date.now() + 300_000 }] },
  { by_hand: 'rings', reasons: [{ reason: 'speaks_pair' }, { reason: 'on_shift' }] },
  { by_hand: 'never', reasons: [{ reason: 'speaks_pair' }, { reason: 'not_ready' }, { reason: 'not_reachable' }] },
];

export const candidatesOf = (rows: MediatorRow[]): CandidateRow[] =>
  rows.slice(0, 40).map(({ mediator }, n) => {
    const judged = judgements[Math.min(n, judgements.length - 1)] as (typeof judgements)[number];
    return { mediator: mediator.id, eligible: judged.by_hand === 'free', circle: 'pool', score: 0, ...judged };
  });
