/** Screens of the gallery on which interpreting goes on in other ways than one after the other. */
import type { Phase, Role, SessionView } from '../src/wire';
import { turn } from './floor_samples';
import * as sample from './samples';

type Show = (view: SessionView, more?: object) => (target: HTMLElement) => void;
const { id } = sample;
const now = Date.now();

function session(as: Role, how: Partial<SessionView['interpreting']>, phase: Phase = 'live'): SessionView {
  const view = sample.session(phase, as);
  return { ...view, interpreting: { ...view.interpreting, now, ...how } };
}

/** With a second mediator. */
function inTurns(as: Role, how: Partial<SessionView['interpreting']>, you?: string): SessionView {
  const view = session(as, how);
  const [first, second, ...others] = view.participants;
  if (first === undefined || second === undefined) return view;
  const relief = { ...second, id: id(6), alias: 'Quiet River', quality: 'good' as const };
  return { ...view, you: you ?? view.you, participants: [first, second, relief, ...others] };
}

const aside = { between: [id(1), id(2)] as [string, string], since: now - 4000 };
const simultaneous = { mode: 'simultaneous' as const };
const under = (speaker: string, language: string) => ({
  hears: [
    { speaker, channel: 'floor' as const, ducked: true },
    { speaker: id(2), channel: 'language' as const, language, ducked: false },
  ],
});
/** Given long after now, so that it stays for the photograph. */
const signal = (by: string, given: 'slower' | 'repeat' | 'correction' | 'another_mediator') => ({ by, signal: given, at: now + 60_000 });
const working = { on_turn: id(2), since: now - 1_850_000 };

export function floorScreens(staff: Show, guest: Show): Record<string, (target: HTMLElement) => void> {
  return {
    'floor-officer': staff(session('officer', { ...simultaneous, ...under(id(3), 'en') })),
    'floor-more': staff(session('officer', simultaneous)),
    'floor-mediator': staff(session('mediator', simultaneous)),
    'floor-observer': staff(session('observer', { ...simultaneous, ...under(id(3), 'en') })),
    'aside-officer': staff(
      session('officer', { aside, hears: [{ speaker: id(2), channel: 'aside', ducked: false }], may_speak_aside_with: [] }),
    ),
    'aside-observer': staff(session('observer', { aside })),
    'signs-officer': staff(session('officer', { signals: [signal(id(2), 'correction'), signal(id(3), 'slower'), signal(id(3), 'another_mediator')] })),
    'paused-officer': staff(
      session('officer', { pause: { by: id(3), since: now - 60_000, you_may_resume: false } }, 'paused'),
    ),
    'paused-mediator': staff(
      session('mediator', { pause: { by: id(1), since: now - 60_000, you_may_resume: true } }, 'paused'),
    ),
    'turn-due': staff({
      ...session('officer', { turns: [turn({ ...working, too_long: true, relief_wanted: true })] }),
      ringing: sample.session('ringing', 'officer').ringing,
    }),
    'turn-ready': staff(
      inTurns('officer', { turns: [turn({ ...working, too_long: true, relief: id(6), relief_ready: true })] }),
    ),
    'turn-relief': staff(
      inTurns('mediator', { turns: [turn({ ...working, relief: id(6) })] }, id(6)),
    ),
    'turn-countdown': staff(
      inTurns(
        'mediator',
        { turns: [turn({ ...working, relief: id(6), relief_ready: true, switches_at: now + 60_000 })] },
        id(6),
      ),
    ),
    'guest-floor': guest(session('interviewee', { ...simultaneous, ...under(id(1), 'sq') })),
    'guest-aside': guest(session('interviewee', { aside })),
    'guest-signs': guest(
      session('interviewee', { signals: [signal(id(2), 'repeat'), signal(id(3), 'slower'), signal(id(3), 'another_mediator')] }),
    ),
    'guest-paused': guest(
      session('interviewee', { pause: { by: id(3), since: now - 60_000, you_may_resume: true } }, 'paused'),
    ),
  };
}
