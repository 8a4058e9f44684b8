/** A shift as a form asks for it, and as the relay takes it: recurrence as a choice of weekdays, or a rule left as it is. */
import { Temporal } from 'temporal-polyfill';
import { weekdayText } from './times';
import { wallClock } from './week';
import type { Duty, Shift, ShiftOrder } from '../../wire';

/** Monday first, as RFC 5545 writes them. */
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface ShiftDraft {
  mediator: string | undefined;
  /** `2026-03-02` */
  day: string;
  /** `22:00` */
  start: string;
  minutes: number;
  zone: string;
  duty: Duty;
  repeats: 'once' | 'weekly' | 'other';
  weekdays: Weekday[];
  /** The last day, or empty. */
  until: string;
  /** A rule that this form can not show, kept as it is. */
  rule: string | null;
  skipped: string[];
}

/** What is missing or wrong. */
export type DraftProblem = 'person' | 'start' | 'length' | 'days' | 'until';

export function problemOfDraft(draft: ShiftDraft): DraftProblem | undefined {
  if (draft.mediator === undefined) return 'person';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(draft.day) || !/^\d{2}:\d{2}$/.test(draft.start)) return 'start';
  if (!Number.isInteger(draft.minutes) || draft.minutes < 1 || draft.minutes > 1440) return 'length';
  if (draft.repeats === 'weekly' && draft.weekdays.length === 0) return 'days';
  if (draft.repeats === 'weekly' && draft.until !== '' && draft.until < firstDay(draft)) return 'until';
  return undefined;
}

/** What is sent. A weekly shift begins on the first of its weekdays: the relay refuses a rule that misses its own start. */
export function orderOf(draft: ShiftDraft): ShiftOrder {
  return {
    mediator: draft.mediator ?? '',
    shift: {
      starts_at: `${firstDay(draft)}T${draft.start}`,
      zone: draft.zone,
      minutes: draft.minutes,
      rule: draft.repeats === 'once' ? null : draft.repeats === 'weekly' ? weeklyRule(draft) : draft.rule,
      skipped: draft.repeats === 'once' ? [] : draft.skipped,
      duty: draft.duty,
    },
  };
}

/** The form for a shift that is there. */
export function draftOf(shift: Shift): ShiftDraft {
  const weekly = readWeekly(shift);
  return {
    mediator: shift.mediator,
    day: shift.starts_at.slice(0, 10),
    start: shift.starts_at.slice(11, 16),
    minutes: shift.minutes,
    zone: shift.zone,
    duty: shift.duty,
    repeats: shift.rule === null ? 'once' : weekly === undefined ? 'other' : 'weekly',
    weekdays: weekly?.weekdays ?? [weekdayOf(shift.starts_at.slice(0, 10))],
    until: weekly?.until ?? '',
    rule: shift.rule,
    skipped: shift.skipped,
  };
}

export function weekdayOf(day: string): Weekday {
  return WEEKDAYS[Temporal.PlainDate.from(day).dayOfWeek - 1] ?? 'MO';
}

/** `Mon` */
export function weekdayName(day: Weekday, screen: string): string {
  // The fifth of January 2026 is a Monday.
  return weekdayText(Date.UTC(2026, 0, 5 + WEEKDAYS.indexOf(day)), screen, 'UTC');
}

/** The day of the first occurrence: the one that was chosen, or the next that is one of the weekdays. */
export function firstDay(draft: ShiftDraft): string {
  if (draft.repeats !== 'weekly') return draft.day;
  const chosen = Temporal.PlainDate.from(draft.day);
  const days = Array.from({ length: 7 }, (_, n) => chosen.add({ days: n }).toString());
  return days.find((day) => draft.weekdays.includes(weekdayOf(day))) ?? draft.day;
}

function weeklyRule({ weekdays, until }: ShiftDraft): string {
  const days = WEEKDAYS.filter((day) => weekdays.includes(day)).join(',');
  return `FREQ=WEEKLY;BYDAY=${days}${until === '' ? '' : `;UNTIL=${until.replaceAll('-', '')}`}`;
}

/** Weekly on some weekdays, perhaps to an end: all that the form can show. */
function readWeekly(shift: Shift): { weekdays: Weekday[]; until: string } | undefined {
  const parts = new Map((shift.rule ?? '').split(';').map((part) => part.split('=', 2) as [string, string]));
  const weekdays = (parts.get('BYDAY') ?? weekdayOf(shift.starts_at.slice(0, 10))).split(',');
  const plain = weekdays.every((day): day is Weekday => WEEKDAYS.some((known) => known === day));
  const known = [...parts].every(
    ([name, value]) => ['FREQ', 'BYDAY', 'UNTIL', 'WKST'].includes(name) || (name === 'INTERVAL' && value === '1'),
  );
  if (parts.get('FREQ') !== 'WEEKLY' || !known || !plain) return undefined;
  return { weekdays, until: lastDay(parts.get('UNTIL') ?? '', shift.zone) };
}

/** The day of `20261231`, `20261231T230000` or, in the shift's zone, `20261231T220000Z`. */
function lastDay(until: string, zone: string): string {
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})(?:T(\d{6})Z)?/.exec(until) ?? [];
  if (year === undefined) return '';
  const date = `${year}-${month}-${day}`;
  if (time === undefined) return date;
  const clock = `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  return wallClock(zone, Date.parse(`${date}T${clock}Z`)).slice(0, 10);
}
