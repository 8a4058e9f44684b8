/** Times as a screen's language writes them, in a given zone. */
import { fill } from '../fill';
import names from '../date_names.json';

interface DateNames {
  /** Monday first. */
  weekdays: string[];
  weekdaysShort: string[];
  months: string[];
  monthsShort: string[];
  /** With `{day}` and `{month}`. */
  date: string;
  dateShort: string;
}
const TABLES: Record<string, DateNames | undefined> = names;

interface Parts {
  year: number;
  day: number;
  /** From 0. */
  month: number;
  /** From 0, Monday. */
  weekday: number;
  time: string;
}

/** Making a formatter is slow; there are few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function partsOf(at: number, zone: string): Parts {
  const known =
    formatters.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formatters.set(zone, known);
  const found = new Map(known.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(found.get(type));
  const [year, month, day] = [number('year'), number('month') - 1, number('day')];
  return {
    year,
    day,
    month,
    weekday: (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7,
    time: `${found.get('hour')}:${found.get('minute')}`,
  };
}

function namesIn(screen: string): DateNames {
  return TABLES[screen] ?? names.en;
}

/** The zone of this device. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `2026-03-02`, as forms and the relay write days. */
export function isoDay(at: number, zone: string): string {
  const { year, month, day } = partsOf(at, zone);
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}

/** `22:00`, whatever the language: clocks of a roster have 24 hours. */
export function timeText(at: number, zone: string): string {
  return partsOf(at, zone).time;
}

/** `Mon` */
export function weekdayText(at: number, screen: string, zone: string): string {
  return namesIn(screen).weekdaysShort[partsOf(at, zone).weekday] ?? '';
}

/** `2 Mar` */
export function dateText(at: number, screen: string, zone: string): string {
  const { dateShort, monthsShort } = namesIn(screen);
  const { day, month } = partsOf(at, zone);
  return fill(dateShort, { day, month: monthsShort[month] ?? '' });
}

/** `2 Mar 2026` */
export function dateOfYear(at: number, screen: string, zone: string): string {
  return `${dateText(at, screen, zone)} ${partsOf(at, zone).year}`;
}

/** `Mon 2 Mar` */
export function dayText(at: number, screen: string, zone: string): string {
  return `${weekdayText(at, screen, zone)} ${dateText(at, screen, zone)}`;
}

/** `Monday 2 March` */
export function longDay(at: number, screen: string, zone: string): string {
  const { date, months, weekdays } = namesIn(screen);
  const { day, month, weekday } = partsOf(at, zone);
  return `${weekdays[weekday] ?? ''} ${fill(date, { day, month: months[month] ?? '' })}`;
}

/** `Mon 2 Mar, 22:00–06:00` */
export function spanText(span: { from: number; until: number }, screen: string, zone: string): string {
  return `${dayText(span.from, screen, zone)}, ${timeText(span.from, zone)}–${timeText(span.until, zone)}`;
}
