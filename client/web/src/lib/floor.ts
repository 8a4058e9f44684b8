/** What a view says about modes, channels, signs, breaks and turns, worked out for the screens. */
import type { Hearing, InterpretingView, ParticipantView, Role, SessionView, Signal, SignalView, TurnView } from '../wire';

/** So long a sign stands on the screens, in milliseconds. */
export const SIGNAL_SHOWN = 8000;

/** How softly the original is played beneath the interpretation at first, in decibels. */
export const USUAL_UNDER = -18;
/** The lowest step of the fader: nothing is played. */
export const SILENT_UNDER = -42;

/** The signs that a screen offers, by role; the interviewee's wish for another mediator has its own place. */
export const SIGNALS_OF: Record<Role, Signal[]> = {
  mediator: ['slower', 'repeat', 'correction', 'cultural_note', 'technical_problem'],
  officer: ['slower', 'repeat', 'technical_problem'],
  observer: ['slower', 'repeat', 'technical_problem'],
  interviewee: ['slower', 'repeat'],
  scribe: [],
};

/** A factor for an audio element, from decibels of the fader. */
export function factorOf(decibels: number): number {
  return decibels <= SILENT_UNDER ? 0 : Math.min(1, 10 ** (decibels / 20));
}

/** How loud each voice is played: as chosen for the person, and softly where the relay says that it lies beneath. */
export function playedAt(
  hears: Hearing[],
  chosen: Record<string, number>,
  under: number,
): Record<string, number> {
  const softly = hears.filter((hearing) => hearing.ducked).map((hearing) => hearing.speaker);
  return {
    ...chosen,
    ...Object.fromEntries(softly.map((speaker) => [speaker, (chosen[speaker] ?? 1) * factorOf(under)])),
  };
}

/** The signs to show now, the newest last, each of a kind and person once. */
export function freshSignals(signals: SignalView[], now: number): SignalView[] {
  const fresh = signals.filter(({ signal, at }) => signal !== 'another_mediator' && now - at < SIGNAL_SHOWN);
  return fresh.filter(
    (one, index) => !fresh.slice(index + 1).some((later) => later.by === one.by && later.signal === one.signal),
  );
}

/** The latest wish for another mediator that was not put away yet. */
export function wishForAnother(signals: SignalView[], seenUntil: number): SignalView | undefined {
  return signals.findLast(({ signal, at }) => signal === 'another_mediator' && at > seenUntil);
}

/** Whether somebody's own sign was given a moment ago. */
export function justGave(view: SessionView, signal: Signal, now: number): boolean {
  return view.interpreting.signals.some(
    (given) => given.by === view.you && given.signal === signal && now - given.at < SIGNAL_SHOWN,
  );
}

/** Everybody who has not left for good. */
export function present(view: SessionView): ParticipantView[] {
  return view.participants.filter((participant) => !participant.left);
}

/** Officer and mediators may be heard in a break and before; everybody else only while it goes on. */
export function isSilentFor(view: SessionView): boolean {
  const staff = view.role === 'officer' || view.role === 'mediator';
  return view.phase === 'paused' && !staff;
}

export type AsideRole = 'none' | 'yours' | 'others';

export function asideRole(view: SessionView): AsideRole {
  const aside = view.interpreting.aside;
  if (aside === null || view.phase !== 'live') return 'none';
  return aside.between.includes(view.you) ? 'yours' : 'others';
}

/** The turn in which the reader interprets, or waits to. */
export function ownTurn(view: SessionView): TurnView | undefined {
  return view.interpreting.turns.find(({ on_turn, relief }) => on_turn === view.you || relief === view.you);
}

/** Whether the reader is a mediator who only listens for now. */
export function onlyListens(view: SessionView): boolean {
  return view.role === 'mediator' && ownTurn(view)?.on_turn !== view.you;
}

/** What a screen offers its reader. */
export interface Controls {
  mode: boolean;
  output: boolean;
  listening: boolean;
  aside: string[];
  signals: Signal[];
  cough: boolean;
  pause: boolean;
  resume: boolean;
  relief: boolean;
}

const ANSWERED = ['briefing', 'live', 'paused', 'stopped'];

export function controlsOf(view: SessionView): Controls {
  const { mode, may_speak_into, may_speak_aside_with, aside, pause } = view.interpreting;
  const answered = ANSWERED.includes(view.phase);
  const live = view.phase === 'live';
  const staff = view.role === 'officer' || view.role === 'mediator';
  return {
    mode: answered && staff && !onlyListens(view),
    // One after the other, the mediator speaks to all: there is nothing to switch.
    output: answered && mode !== 'consecutive' && may_speak_into.length > 1,
    listening: answered && mode !== 'consecutive' && (view.role === 'officer' || view.role === 'observer'),
    aside: live && aside === null ? may_speak_aside_with : [],
    signals: answered && !onlyListens(view) ? SIGNALS_OF[view.role] : [],
    cough: live && !onlyListens(view) && view.role !== 'scribe',
    pause: live && (staff || view.role === 'interviewee'),
    resume: view.phase === 'paused' && pause !== null && pause.you_may_resume,
    relief: answered && staff && view.interpreting.turns.length > 0,
  };
}

/** The language that a switch of the mediator leads to. */
export function otherOutput({ may_speak_into, speaks_into }: InterpretingView): string | undefined {
  return may_speak_into.find((language) => language !== speaks_into);
}

/** How the reader hears somebody, where it is not just like everybody. */
export function heardAs(view: SessionView, speaker: string): 'under' | 'aside' | undefined {
  const hearing = view.interpreting.hears.find((one) => one.speaker === speaker);
  if (hearing?.channel === 'aside') return 'aside';
  return hearing?.ducked === true ? 'under' : undefined;
}
