import { describe, expect, it } from 'vitest';
import { QUIET, turn } from '../../dev/floor_samples';
import { session } from '../../dev/samples';
import type { Hearing, InterpretingView, Phase, Role, SessionView, Signal } from '../wire';
import {
  asideRole,
  controlsOf,
  factorOf,
  freshSignals,
  heardAs,
  isSilentFor,
  justGave,
  onlyListens,
  otherOutput,
  playedAt,
  SILENT_UNDER,
  SIGNAL_SHOWN,
  wishForAnother,
} from './floor';

function view(role: Role, phase: Phase, how: Partial<InterpretingView> = {}): SessionView {
  return { ...session(phase, role), you: role, interpreting: { ...QUIET, ...how } };
}

const floor = (speaker: string, ducked: boolean): Hearing => ({ speaker, channel: 'floor', ducked });
const sign = (by: string, signal: Signal, at: number) => ({ by, signal, at });

describe('loudness', () => {
  it('a voice beneath is an eighth as loud as usual, and the others stay as chosen', () => {
    const hears = [floor('officer', true), floor('observer', false)];
    const played = playedAt(hears, { officer: 0.5, observer: 0.4 }, -18);
    expect(played.officer).toBeCloseTo(0.5 * 0.126, 3);
    expect(played.observer).toBe(0.4);
    expect(playedAt(hears, {}, 0).officer).toBe(1);
  });

  it('the lowest step of the fader is silence, and none is louder than the voice', () => {
    expect(factorOf(SILENT_UNDER)).toBe(0);
    expect(factorOf(SILENT_UNDER + 3)).toBeGreaterThan(0);
    expect(factorOf(6)).toBe(1);
  });

  it('says of a voice how it is heard', () => {
    const hears: Hearing[] = [floor('a', true), floor('b', false), { speaker: 'c', channel: 'aside', ducked: false }];
    const heard = view('officer', 'live', { hears });
    expect(['a', 'b', 'c', 'd'].map((speaker) => heardAs(heard, speaker))).toEqual(['under', undefined, 'aside', undefined]);
  });
});

describe('signs', () => {
  const signals = [sign('m', 'slower', 1000), sign('m', 'slower', 3000), sign('i', 'repeat', 5000), sign('i', 'another_mediator', 5000)];

  it('stand for eight seconds, each once, and the quiet one never', () => {
    expect(freshSignals(signals, 6000).map(({ by, at }) => [by, at])).toEqual([['m', 3000], ['i', 5000]]);
    expect(freshSignals(signals, 3000 + SIGNAL_SHOWN).map(({ by }) => by)).toEqual(['i']);
    expect(freshSignals(signals, 5000 + SIGNAL_SHOWN)).toEqual([]);
  });

  it('the quiet wish stands until it is put away, and comes back when it is repeated', () => {
    expect(wishForAnother(signals, 0)?.at).toBe(5000);
    expect(wishForAnother(signals, 5000)).toBeUndefined();
    expect(wishForAnother([...signals, sign('i', 'another_mediator', 9000)], 5000)?.at).toBe(9000);
  });

  it('whoever gave one sees that it was given, for as long', () => {
    const given = view('interviewee', 'live', { signals: [sign('interviewee', 'slower', 1000)] });
    expect(justGave(given, 'slower', 2000)).toBe(true);
    expect(justGave(given, 'repeat', 2000)).toBe(false);
    expect(justGave(given, 'slower', 1000 + SIGNAL_SHOWN)).toBe(false);
  });
});

describe('what a screen offers', () => {
  const both = { may_speak_into: ['sq', 'en'], speaks_into: 'en' };
  const onTurn = { ...both, turns: [turn({ on_turn: 'mediator' })] };
  const relief = { ...both, turns: [turn({ on_turn: 'other', relief: 'mediator' })] };

  it('the mediator switches the output only where there are channels, and back', () => {
    expect(controlsOf(view('mediator', 'live', onTurn)).output).toBe(false);
    const simultaneous = view('mediator', 'live', { ...onTurn, mode: 'simultaneous' });
    expect(controlsOf(simultaneous).output).toBe(true);
    expect(otherOutput(simultaneous.interpreting)).toBe('sq');
    expect(otherOutput({ ...simultaneous.interpreting, speaks_into: 'sq' })).toBe('en');
  });

  it('a second mediator without a turn listens, and neither signs nor coughs nor changes the mode', () => {
    const waits = view('mediator', 'live', relief);
    expect(onlyListens(waits)).toBe(true);
    expect(controlsOf(waits)).toMatchObject({ signals: [], cough: false, mode: false, relief: true });
    expect(onlyListens(view('mediator', 'live', onTurn))).toBe(false);
    expect(controlsOf(view('mediator', 'live', onTurn))).toMatchObject({ cough: true, mode: true });
  });

  it('an interviewee has slower, again and a break; never a mode, a channel or an aside', () => {
    const controls = controlsOf(view('interviewee', 'live', { mode: 'simultaneous' }));
    expect(controls.signals).toEqual(['slower', 'repeat']);
    expect(controls).toMatchObject({ pause: true, mode: false, listening: false, aside: [], relief: false });
  });

  it('one aside at a time, and only while it goes on', () => {
    const may = { may_speak_aside_with: ['mediator'] };
    expect(controlsOf(view('officer', 'live', may)).aside).toEqual(['mediator']);
    expect(controlsOf(view('officer', 'briefing', may)).aside).toEqual([]);
    const aside = { between: ['officer', 'mediator'] as [string, string], since: 0 };
    expect(controlsOf(view('officer', 'live', { ...may, aside })).aside).toEqual([]);
    expect(asideRole(view('officer', 'live', { aside }))).toBe('yours');
    expect(asideRole(view('interviewee', 'live', { aside }))).toBe('others');
    // It goes on after a break, and is not spoken in it.
    expect(asideRole(view('officer', 'paused', { aside }))).toBe('none');
  });

  it('a break is ended by whoever the relay says, and silences all but officer and mediators', () => {
    const pause = (you_may_resume: boolean) => ({ pause: { by: 'interviewee', since: 0, you_may_resume } });
    expect(controlsOf(view('officer', 'paused', pause(false))).resume).toBe(false);
    expect(controlsOf(view('interviewee', 'paused', pause(true)))).toMatchObject({ resume: true, pause: false });
    const silent = (['officer', 'mediator', 'interviewee', 'observer'] as Role[]).map((role) => isSilentFor(view(role, 'paused')));
    expect(silent).toEqual([false, false, true, true]);
    expect(isSilentFor(view('interviewee', 'live'))).toBe(false);
  });
});
