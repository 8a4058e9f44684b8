/** What lies ahead of a mediator: what is asked of them, what they agreed to, and when they are on duty. */
import type { Duty, MyBooking, ShiftForm, ShiftRow, Span } from '../wire';
import { isoDay } from './board/times';

/** How far ahead shifts are shown, in milliseconds: seven days. */
export const SHIFTS_AHEAD = 7 * 86_400_000;

/** Lengths of a shift of one's own, in minutes. */
export const SHIFT_LENGTHS = [60, 120, 180, 240, 360, 480, 600, 720];

export interface NextShift {
  shift: string;
  duty: Duty;
  span: Span;
  /** The day by which this one can be left out; absent: it happens only once, and only a coordinator removes it. */
  skip: string | undefined;
}

/** Occurrences that are not over, the nearest first. */
export function nextShifts(rows: ShiftRow[], now: number): NextShift[] {
  return rows
    .flatMap(({ shift, occurrences }) =>
      occurrences.map((span) => ({
        shift: shift.id,
        duty: shift.duty,
        span,
        // By the shift's own wall clock: that is how the relay knows its days.
        skip: shift.rule === null ? undefined : isoDay(span.from, shift.zone),
      })),
    )
    .filter(({ span }) => span.until > now)
    .sort((a, b) => a.span.from - b.span.from);
}

/** What waits for an answer, and what was answered with yes. */
export function byAnswer(bookings: MyBooking[]): { asked: MyBooking[]; agreed: MyBooking[] } {
  return {
    asked: bookings.filter(({ offer, state }) => offer === 'offered' && state === 'seeking'),
    agreed: bookings.filter(({ offer, state }) => offer === 'accepted' && state === 'confirmed'),
  };
}

/** A shift of one's own as the relay takes it; weekly: on the weekday on which it first is. */
export function ownShift(form: {
  day: string;
  time: string;
  minutes: number;
  zone: string;
  duty: Duty;
  weekly: boolean;
}): ShiftForm {
  const { day, time, minutes, zone, duty, weekly } = form;
  return { starts_at: `${day}T${time}`, zone, minutes, rule: weekly ? 'FREQ=WEEKLY' : null, skipped: [], duty };
}
