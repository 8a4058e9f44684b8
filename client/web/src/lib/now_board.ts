/** What a coordinator must see first: who waits, who is in a session, and who is there for which language. */
import type { MediatorPresence, MediatorRow, SessionSummary } from '../wire';

/** Nobody will solve this by waiting: a coordinator has to look at it. */
export function needsYou(session: SessionSummary): boolean {
  return (
    session.coordinator_called || session.no_answer === 'nobody_suitable' || session.no_answer === 'nobody_answered'
  );
}

/** Calls that nobody has taken, most urgent first, and of equals whoever has waited longest. */
export function waitingCalls(sessions: SessionSummary[]): SessionSummary[] {
  const waiting = sessions.filter(({ phase }) => phase === 'ringing' || phase === 'unanswered');
  return waiting.sort((a, b) => urgency(b) - urgency(a) || a.requested_at - b.requested_at);
}

/** Everything else that is not over; stopped ones first, for somebody was afraid or in doubt there. */
export function sessionsInCourse(sessions: SessionSummary[]): SessionSummary[] {
  const going = sessions.filter(({ phase }) => phase === 'briefing' || phase === 'live' || phase === 'stopped');
  const isStopped = ({ phase }: SessionSummary) => Number(phase === 'stopped');
  return going.sort((a, b) => isStopped(b) - isStopped(a) || a.requested_at - b.requested_at);
}

function urgency(session: SessionSummary): number {
  const why = { nobody_suitable: 3, nobody_answered: 2, all_busy: 1 };
  return (session.coordinator_called ? 4 : 0) + (session.no_answer === null ? 0 : why[session.no_answer]);
}

/** Where a mediator stands, in one word. `unreachable`: would be there, but no page or device is open. */
export type Standing = 'ready' | 'on_shift' | 'on_call' | 'in_session' | 'unreachable' | 'away' | 'off';

export const STANDINGS: Standing[] = ['ready', 'on_shift', 'on_call', 'in_session', 'unreachable', 'away', 'off'];

export function standingOf(active: boolean, presence: MediatorPresence | undefined): Standing {
  if (!active) return 'off';
  if (presence?.in_session) return 'in_session';
  if (presence === undefined || presence.availability === 'away') return 'away';
  return presence.reachable ? presence.availability : 'unreachable';
}

export interface LanguageNow {
  tag: string;
  /** By switch or on shift. */
  ready: number;
  onCall: number;
  inSession: number;
}

/** Languages of which somebody is there, those with most people first, and those that have people but nobody there. */
export function languagesNow(mediators: MediatorRow[], presence: MediatorPresence[]): { there: LanguageNow[]; bare: string[] } {
  const standing = new Map(presence.map((one) => [one.mediator, one]));
  const rows = new Map<string, LanguageNow>();
  for (const { mediator } of mediators) {
    if (!mediator.active) continue;
    const now = standingOf(true, standing.get(mediator.id));
    for (const { tag } of mediator.languages) {
      const row = rows.get(tag) ?? { tag, ready: 0, onCall: 0, inSession: 0 };
      rows.set(tag, row);
      if (now === 'ready' || now === 'on_shift') row.ready += 1;
      if (now === 'on_call') row.onCall += 1;
      if (now === 'in_session') row.inSession += 1;
    }
  }
  const all = [...rows.values()];
  const there = all.filter((row) => total(row) > 0);
  return {
    there: there.sort((a, b) => b.ready - a.ready || total(b) - total(a) || a.tag.localeCompare(b.tag)),
    bare: all.filter((row) => total(row) === 0).map(({ tag }) => tag),
  };
}

/** People for whom a whole bar stands. A language that most people share does not press the others flat. */
export function barScale(rows: LanguageNow[]): number {
  const totals = rows.map(total).sort((a, b) => b - a);
  const [first = 1, second = first] = totals;
  return Math.max(1, first > 2 * second ? second : first);
}

export function total(row: LanguageNow): number {
  return row.ready + row.onCall + row.inSession;
}
