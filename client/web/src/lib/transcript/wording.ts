/** Who and when, as a transcript's screen says it. */
import { fill } from '../fill';
import { asDuration } from '../clock.svelte';
import { dateText, isoDay, ownZone, timeText } from '../board/times';
import type { StaffWords } from '../../i18n/staff/en';
import type { TranscriptWords } from '../../i18n/transcript/en';
import type { Reviser, Speaker } from '../../wire';

/** A mediator's alias, or else the role. */
export function speakerName(speaker: Speaker | undefined, staff: StaffWords): string {
  return speaker === undefined ? '' : (speaker.alias ?? staff[speaker.role]);
}

/** `Interpreter Blue Heron, no. AL-77` */
export function reviserText({ role, alias, register_number }: Reviser, staff: StaffWords, words: TranscriptWords): string {
  const who = alias === null ? staff[role] : fill(words.signed, { role: staff[role], alias });
  return register_number === null ? who : `${who}, ${fill(words.signedNumber, { number: register_number })}`;
}

/** `14:05` today, `2 Mar, 14:05` else. */
export function momentText(at: number, screen: string, now = Date.now(), zone = ownZone()): string {
  const time = timeText(at, zone);
  return isoDay(at, zone) === isoDay(now, zone) ? time : `${dateText(at, screen, zone)}, ${time}`;
}

/** Time since the transcript's beginning; a clock that differs may put something before it. */
export function sinceText(at: number, from: number): string {
  return at < from ? `−${asDuration(from - at)}` : asDuration(at - from);
}
