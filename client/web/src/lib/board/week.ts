/**
 * A week of a time zone as days beside each other and hours below each other, by the wall clock. On the day on which
 * clocks go forward one hour has no place; where they go back one comes twice, and so it has two.
 */
import { Temporal } from 'temporal-polyfill';
import type { Span } from '../../wire';

export interface WeekDay extends Span {
  /** `2026-03-29` */
  date: string;
  /** By slot: when it is, or `null`: that hour does not exist that day. */
  hours: (Span | null)[];
}

export interface Slot {
  hour: number;
  /** The second time that clocks show this hour. */
  again: boolean;
}

export interface Week {
  zone: string;
  days: WeekDay[];
  slots: Slot[];
}

/** What of a span lies in one day, in slots from the day's beginning. */
export interface Segment {
  day: number;
  top: number;
  bottom: number;
  /** Goes on from the day before; goes on into the next day. */
  fromBefore: boolean;
  goesOn: boolean;
}

/** Seven days from the Monday on in whose week a time lies. */
export function weekAt(zone: string, at: number): Week {
  const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  return weekFrom(zone, day.subtract({ days: day.dayOfWeek - 1 }).toString());
}

/** Seven days from a day on. */
export function weekFrom(zone: string, first: string): Week {
  const dates = Array.from({ length: 7 }, (_, n) => Temporal.PlainDate.from(first).add({ days: n }));
  const hours = dates.map((date) => hoursOf(zone, date));
  const keys = [...new Set(hours.flatMap((day) => day.map(({ key }) => key)))].sort((a, b) => a - b);
  return {
    zone,
    slots: keys.map((key) => ({ hour: Math.floor(key / 2), again: key % 2 === 1 })),
    days: dates.map((date, n) => ({
      date: date.toString(),
      from: startOf(zone, date),
      until: startOf(zone, date.add({ days: 1 })),
      hours: keys.map((key) => hours[n]?.find((one) => one.key === key)?.span ?? null),
    })),
  };
}

/** The week so many weeks later. */
export function weekLater(week: Week, weeks: number): Week {
  const first = Temporal.PlainDate.from(week.days[0]?.date ?? '2000-01-03');
  return weekFrom(week.zone, first.add({ weeks }).toString());
}

/** Days on which the clocks change, with whether they go forward. */
export function changes(week: Week): { day: number; forward: boolean }[] {
  return week.days.flatMap((day, n) => {
    const there = day.hours.filter((hour) => hour !== null).length;
    if (there === 24) return [];
    return [{ day: n, forward: there < 24 }];
  });
}

/** A span as it is drawn, one segment for each day that it touches. */
export function segmentsOf(week: Week, span: Span): Segment[] {
  return week.days.flatMap((day, n) => {
    if (span.until <= day.from || span.from >= day.until) return [];
    return [
      {
        day: n,
        top: placeOf(day, Math.max(span.from, day.from)),
        bottom: span.until >= day.until ? week.slots.length : placeOf(day, span.until),
        fromBefore: span.from < day.from,
        goesOn: span.until > day.until,
      },
    ];
  });
}

/** How many lanes segments of one day need side by side, and which each is in. */
export function lanesOf(segments: Segment[]): { lanes: number; lane: number[] } {
  const ends: number[] = [];
  const order = segments.map((_, n) => n).sort((a, b) => (segments[a]?.top ?? 0) - (segments[b]?.top ?? 0));
  const lane = Array<number>(segments.length).fill(0);
  for (const n of order) {
    const segment = segments[n];
    if (segment === undefined) continue;
    const free = ends.findIndex((end) => end <= segment.top);
    lane[n] = free < 0 ? ends.length : free;
    ends[lane[n] ?? 0] = segment.bottom;
  }
  return { lanes: Math.max(1, ends.length), lane };
}

/** The wall clock of a zone at a time: `2026-03-29T22:00`. */
export function wallClock(zone: string, at: number): string {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return there.toPlainDateTime().toString({ smallestUnit: 'minute' });
}

/** When a wall clock shows this; a time that is left out is the one as much later. */
export function instantOf(zone: string, wall: string): number {
  return Temporal.PlainDateTime.from(wall).toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** When a shift of so many minutes by the wall clock ends, by the wall clock. */
export function wallEnd(wall: string, minutes: number): string {
  return Temporal.PlainDateTime.from(wall).add({ minutes }).toString({ smallestUnit: 'minute' });
}

/**
 * How a shift is told that covers a span. A wall clock that shows an hour twice means the first; what begins in the
 * second is told in UTC.
 */
export function toldAs(zone: string, span: Span): { starts_at: string; zone: string; minutes: number } {
  const wall = wallClock(zone, span.from);
  if (instantOf(zone, wall) === span.from) return { starts_at: wall, zone, minutes: wallMinutes(zone, span) };
  return { starts_at: wallClock('UTC', span.from), zone: 'UTC', minutes: wallMinutes('UTC', span) };
}

/** How long a span is by the wall clock, in minutes; at least one. Where clocks repeat an hour it is the true length. */
export function wallMinutes(zone: string, span: Span): number {
  const [from, until] = [span.from, span.until].map((at) => Temporal.PlainDateTime.from(wallClock(zone, at)));
  const minutes = from && until ? Math.round(from.until(until).total({ unit: 'minutes' })) : 0;
  return minutes > 0 ? minutes : Math.round((span.until - span.from) / 60_000);
}

/** When the day begins in which a time lies. */
export function dayStart(zone: string, at: number): number {
  return startOf(zone, Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate());
}

/** The zones that a browser knows, or the one that is used. */
export function zones(own: string): string[] {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set([own, ...all])];
}

export { ownZone } from './times';

function placeOf(day: WeekDay, at: number): number {
  const slot = day.hours.findIndex((hour) => hour !== null && hour.from <= at && at < hour.until);
  const hour = day.hours[slot];
  return hour ? slot + (at - hour.from) / (hour.until - hour.from) : 0;
}

function startOf(zone: string, date: Temporal.PlainDate): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

/** The hours of a day with a key that sorts them: twice the hour, and one more when it comes again. */
function hoursOf(zone: string, date: Temporal.PlainDate): { key: number; span: Span }[] {
  const found: { key: number; span: Span }[] = [];
  const end = startOf(zone, date.add({ days: 1 }));
  for (let at = date.toZonedDateTime(zone); at.epochMilliseconds < end; at = at.add({ hours: 1 })) {
    const again = found.some(({ key }) => key === at.hour * 2);
    const from = at.epochMilliseconds;
    found.push({ key: at.hour * 2 + (again ? 1 : 0), span: { from, until: Math.min(end, from + 3_600_000) } });
  }
  return found;
}
