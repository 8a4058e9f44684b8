/** Sessions that an officer planned ahead: how they stand, when they may be begun, and what may be planned. */
import type { BookingView, Span } from '../wire';
import { isoDay, ownZone, timeText } from './board/times';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** The relay's own limits (`relay/core/src/booking`): it may be begun from so long before its time until so long after. */
const OPENS_BEFORE = 15 * MINUTE;
const KEPT_FOR = 30 * MINUTE;
const FARTHEST = 366 * DAY;
/** Nobody plans for the next minutes: that is a call. */
const USUALLY_AHEAD = 60 * MINUTE;
const GRAIN = 15 * MINUTE;

/** Lengths to choose from, in minutes. */
export const LENGTHS = [30, 60, 90, 120, 180, 240, 480];

export type PlanStanding = 'seeking' | 'nobody_yet' | 'confirmed' | 'unfilled' | 'missed';

/** How it stands for its officer; nothing, where that is of no interest any more. */
export function standingOf({ state, escalated }: BookingView): PlanStanding | undefined {
  if (state === 'begun' || state === 'cancelled') return undefined;
  return state === 'seeking' && escalated ? 'nobody_yet' : state;
}

/** What is to come, the nearest first, and after it what came to nothing within the last day. */
export function plannedOf(bookings: BookingView[], now: number): BookingView[] {
  const shown = bookings.filter(
    (booking) => isAhead(booking) || (standingOf(booking) !== undefined && booking.span.from > now - DAY),
  );
  return shown.sort((a, b) => Number(isAhead(b)) - Number(isAhead(a)) || a.span.from - b.span.from);
}

/** It can still be begun or called off. */
export function isAhead({ state }: BookingView): boolean {
  return state === 'seeking' || state === 'confirmed';
}

export function opensAt({ span }: BookingView): number {
  return span.from - OPENS_BEFORE;
}

/** It can be begun now, whether or not anybody has agreed: then it rings as a call does. */
export function mayBegin(booking: BookingView, now: number): boolean {
  return isAhead(booking) && opensAt(booking) <= now && now < Math.min(booking.span.until, booking.span.from + KEPT_FOR);
}

/** What the form proposes: a full quarter of an hour, an hour or more ahead, by this device's clock. */
export function proposedStart(now: number): { day: string; time: string } {
  const at = Math.ceil((now + USUALLY_AHEAD) / GRAIN) * GRAIN;
  return { day: isoDay(at, ownZone()), time: timeText(at, ownZone()) };
}

/**
 * From when to when, for a day and a time of this device's zone; nothing, if that can not be planned. A time that the
 * clocks leave out is the one as much later, and one that comes twice is the first.
 */
export function plannedSpan(day: string, time: string, minutes: number, now: number): Span | undefined {
  const from = Date.parse(`${day}T${time}`);
  if (Number.isNaN(from) || from <= now || from > now + FARTHEST) return undefined;
  return { from, until: from + minutes * MINUTE };
}
