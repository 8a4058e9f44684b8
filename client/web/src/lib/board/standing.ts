/** Where mediators stand now, and what that comes to for each language. */
import type { MediatorPresence, MediatorRow, SessionSummary } from '../../wire';
import { barsOf } from '../bars';
import { primary } from '../languages';

export type Standing = 'ready' | 'on_call' | 'busy' | 'away';

/** Ready: rings would reach them first. Whoever has neither page nor telephone open is away, whatever their shift says. */
export function standingOf(presence: MediatorPresence | undefined): Standing {
  if (presence?.in_session) return 'busy';
  if (!presence?.reachable || presence.availability === 'away') return 'away';
  return presence.availability === 'on_call' ? 'on_call' : 'ready';
}

export function presenceById(presence: MediatorPresence[]): Map<string, MediatorPresence> {
  return new Map(presence.map((one) => [one.mediator, one]));
}

export interface LanguageStanding extends Record<Standing, number> {
  /** Primary language. */
  language: string;
  waiting: number;
}

/** Per language of the roster, those in need first: calls that wait, then fewest ready. */
export function standingByLanguage(
  rows: MediatorRow[],
  presence: Map<string, MediatorPresence>,
  sessions: SessionSummary[],
  now: number,
): LanguageStanding[] {
  const found = new Map<string, LanguageStanding>();
  const at = (tag: string): LanguageStanding => {
    const language = primary(tag);
    const known = found.get(language) ?? { language, ready: 0, on_call: 0, busy: 0, away: 0, waiting: 0 };
    found.set(language, known);
    return known;
  };
  for (const { mediator } of rows) {
    if (barsOf(mediator, now).length > 0) continue;
    const standing = standingOf(presence.get(mediator.id));
    for (const language of new Set(mediator.languages.map(({ tag }) => primary(tag)))) at(language)[standing] += 1;
  }
  for (const session of waitingOf(sessions)) at(session.languages.source).waiting += 1;
  return [...found.values()].sort(
    (a, b) => b.waiting - a.waiting || a.ready - b.ready || present(b) - present(a) || a.language.localeCompare(b.language),
  );
}

/** Those who are there at all. */
export function present(standing: LanguageStanding): number {
  return standing.ready + standing.busy + standing.on_call;
}

/** A call that waiting alone will not help: the relay called a coordinator, or nothing rings for it any more. */
export function needsYou(session: SessionSummary): boolean {
  return (
    session.coordinator_called || session.no_answer === 'nobody_suitable' || session.no_answer === 'nobody_answered'
  );
}

/** Calls without a mediator, most urgent first: those that need a coordinator, those that stand in line, the oldest. */
export function waitingOf(sessions: SessionSummary[]): SessionSummary[] {
  const urgency = (session: SessionSummary) => {
    if (session.coordinator_called) return 0;
    return needsYou(session) ? 1 : session.phase === 'unanswered' ? 2 : 3;
  };
  return sessions
    .filter(({ phase }) => phase === 'ringing' || phase === 'unanswered')
    .sort((a, b) => urgency(a) - urgency(b) || a.requested_at - b.requested_at);
}

/** Sessions with a mediator: stopped ones first, then those that prepare, those in a break, then the live. */
export function underWayOf(sessions: SessionSummary[]): SessionSummary[] {
  const order = ['stopped', 'briefing', 'paused', 'live'];
  return sessions
    .filter(({ phase }) => order.includes(phase))
    .sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase) || a.requested_at - b.requested_at);
}
