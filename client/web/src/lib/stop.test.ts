import { expect, it } from 'vitest';
import { QUIET } from '../../dev/floor_samples';
import type { SessionView } from '../wire';
import { afterView, isStopped } from './stop';

const view = (phase: SessionView['phase'], agreed: boolean): SessionView => ({
  id: 's',
  you: 'p',
  role: 'interviewee',
  phase,
  languages: { source: 'sq', target: 'en' },
  adjacent_language: null,
  via: null,
  label: null,
  participants: [],
  consents: agreed ? [{ kind: 'interpreting', agreed, means: 'own_screen', at: 0 }] : [],
  transcription_wished: false,
  transcribing: false,
  interpreting: QUIET,
  ringing: null,
  requested_at: 0,
  live_since: null,
});

it('a stop outlasts views that were sent before it, and ends with a new agreement only', () => {
  const late = afterView('asked', view('live', true));
  expect(late).toBe('asked');
  expect(isStopped(late, view('live', true))).toBe(true);

  const confirmed = afterView(late, view('stopped', false));
  expect(confirmed).toBe('confirmed');
  expect(afterView(confirmed, view('stopped', false))).toBe('confirmed');

  const anew = afterView(confirmed, view('live', true));
  expect(isStopped(anew, view('live', true))).toBe(false);
});

it('a stop by somebody else holds as long as the phase says so', () => {
  expect(isStopped(afterView('none', view('stopped', false)), view('stopped', false))).toBe(true);
  expect(isStopped(afterView('none', view('live', true)), view('live', true))).toBe(false);
});
