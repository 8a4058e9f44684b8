import { describe, expect, it } from 'vitest';
import { barScale, languagesNow, needsYou, sessionsInCourse, standingOf, waitingCalls } from './now_board';
import { profile } from '../../dev/invented_roster';
import type { MediatorPresence, SessionSummary } from '../wire';

const session = (id: string, more: Partial<SessionSummary>): SessionSummary => ({
  id,
  phase: 'ringing',
  languages: { source: 'sq', target: 'en' },
  requested_at: 0,
  connected: 1,
  mediator_alias: null,
  transcription_agreed: false,
  no_answer: null,
  place_in_line: null,
  coordinator_called: false,
  ...more,
});

const presence = (mediator: string, more: Partial<MediatorPresence> = {}): MediatorPresence => ({
  mediator,
  ready: true,
  reachable: true,
  in_session: false,
  availability: 'ready',
  minutes_worked: 0,
  ...more,
});

describe('waiting calls', () => {
  it('stand by urgency, then by how long they wait', () => {
    const sessions = [
      session('rings', { requested_at: 1 }),
      session('line-late', { no_answer: 'all_busy', place_in_line: 2, requested_at: 9 }),
      session('line', { no_answer: 'all_busy', place_in_line: 1, requested_at: 2 }),
      session('live', { phase: 'live' }),
      session('nobody', { no_answer: 'nobody_suitable', requested_at: 8 }),
      session('called', { no_answer: 'all_busy', coordinator_called: true, requested_at: 9 }),
    ];
    expect(waitingCalls(sessions).map(({ id }) => id)).toEqual(['called', 'nobody', 'line', 'line-late', 'rings']);
    expect(sessions.filter(needsYou).map(({ id }) => id)).toEqual(['nobody', 'called']);
  });

  it('are not mixed with sessions in course, of which stopped ones come first', () => {
    const sessions = [session('a', { phase: 'live' }), session('b', { phase: 'stopped', requested_at: 5 }), session('c', {})];
    expect(sessionsInCourse(sessions).map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

describe('standing', () => {
  it('says what keeps somebody from being rung, the strongest first', () => {
    expect(standingOf(false, presence('m'))).toBe('off');
    expect(standingOf(true, undefined)).toBe('away');
    expect(standingOf(true, presence('m', { in_session: true }))).toBe('in_session');
    expect(standingOf(true, presence('m', { availability: 'on_shift', reachable: false }))).toBe('unreachable');
    expect(standingOf(true, presence('m', { availability: 'on_call' }))).toBe('on_call');
  });
});

describe('languages now', () => {
  const row = (id: string, tags: string[]) => ({
    mediator: { ...profile(id, tags.map((tag) => ({ tag, level: 'native' as const }))), id },
    login: null,
  });
  const rows = [row('1', ['sq', 'en']), row('2', ['ar', 'en']), row('3', ['ps', 'en'])];

  it('count each person once per language, and name those with nobody', () => {
    const { there, bare } = languagesNow(rows, [presence('1'), presence('2', { in_session: true })]);
    expect(there).toEqual([
      { tag: 'en', ready: 1, onCall: 0, inSession: 1 },
      { tag: 'sq', ready: 1, onCall: 0, inSession: 0 },
      { tag: 'ar', ready: 0, onCall: 0, inSession: 1 },
    ]);
    expect(bare).toEqual(['ps']);
  });

  it('are drawn to a scale on which one language for all does not flatten the rest', () => {
    const bar = (tag: string, ready: number) => ({ tag, ready, onCall: 0, inSession: 0 });
    expect(barScale([bar('en', 90), bar('sq', 20)])).toBe(20);
    expect(barScale([bar('sq', 20), bar('ar', 15)])).toBe(20);
    expect(barScale([])).toBe(1);
  });
});
