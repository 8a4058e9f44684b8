/** Words of the wire as words of the screen. */
import { fill } from '../i18n/index.svelte';
import type { StaffWords } from '../i18n/staff/en';
import type { Level, MatchReason, OfferState, Phase, Qualification, RingingView } from '../wire';
import { languageName } from './languages';

export function reasonText(reason: MatchReason, staff: StaffWords, screen: string): string {
  const language = 'spoken' in reason ? languageName(reason.spoken, screen) : '';
  const specialism = 'specialism' in reason ? staff[`specialism_${reason.specialism}`] : '';
  const time = 'until' in reason ? clockText(reason.until, screen) : 'at' in reason ? clockText(reason.at, screen) : '';
  return fill(staff[`reason_${reason.reason}`], { language, specialism, time });
}

export function phaseText(phase: Phase, staff: StaffWords): string {
  return {
    ringing: staff.phaseRinging,
    unanswered: staff.phaseUnanswered,
    briefing: staff.phaseBriefing,
    live: staff.phaseLive,
    paused: staff.phasePaused,
    stopped: staff.phaseStopped,
    sealed: staff.phaseSealed,
    abandoned: staff.phaseAbandoned,
  }[phase];
}

export function shortPhase(phase: Phase, staff: StaffWords): string {
  return {
    ringing: staff.shortRinging,
    unanswered: staff.shortUnanswered,
    briefing: staff.shortBriefing,
    live: staff.shortLive,
    paused: staff.shortPaused,
    stopped: staff.shortStopped,
    sealed: staff.shortSealed,
    abandoned: staff.shortAbandoned,
  }[phase];
}

export function phaseBadge(phase: Phase): 'go' | 'warn' | 'stop' | '' {
  if (phase === 'live') return 'go';
  if (phase === 'stopped') return 'stop';
  return phase === 'unanswered' || phase === 'briefing' || phase === 'paused' ? 'warn' : '';
}

export function offerStateText(state: OfferState, staff: StaffWords): string {
  return {
    ringing: staff.offerRinging,
    accepted: staff.offerAccepted,
    declined: staff.offerDeclined,
    expired: staff.offerExpired,
    withdrawn: staff.offerWithdrawn,
  }[state];
}

export function qualificationText(qualification: Qualification, staff: StaffWords): string {
  return {
    cultural_mediator: staff.culturalMediator,
    interpreter: staff.interpreter,
    sworn_interpreter: staff.swornInterpreter,
  }[qualification];
}

export function levelText(level: Level, staff: StaffWords): string {
  return { working: staff.levelWorking, fluent: staff.levelFluent, native: staff.levelNative }[level];
}

export function isOver(phase: Phase): boolean {
  return phase === 'sealed' || phase === 'abandoned';
}

/** The hour and minute of a point in time, by the 24-hour clock of all our languages. */
export function clockText(at: number, screen: string): string {
  return new Intl.DateTimeFormat(screen, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

/** What the officer may expect, sentence by sentence: nothing is promised that was not seen. */
export function outlookText(ringing: RingingView, staff: StaffWords): string[] {
  const { no_answer: why, place_in_line: place, usual_wait: usual, coordinator_called: called } = ringing;
  const sentences: string[] = [];
  if (why === 'all_busy') sentences.push(place === null ? staff.allBusy : fill(staff.inLine, { n: place }));
  if (why === 'nobody_suitable') sentences.push(staff.nobodySuitable);
  if (why === null && usual !== null) {
    sentences.push(fill(staff.usualWait, { n: usual.nine_of_ten_seconds, calls: usual.calls }));
  }
  if (called) sentences.push(staff.coordinatorCalled);
  return sentences;
}
