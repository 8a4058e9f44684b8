/** When something is, as people say it: today and tomorrow by name, other days by their date. */
import type { StaffWords } from '../i18n/staff/en';
import type { Span } from '../wire';
import { fill } from './fill';
import { dayText, isoDay, timeText } from './board/times';

const DAY = 86_400_000;

/** `Today, 14:00–15:00` or `Mon 2 Mar, 22:00–06:00`. */
export function whenText(span: Span, now: number, zone: string, staff: StaffWords, screen: string): string {
  const today = isoDay(now, zone);
  // Days are counted as days: one on which clocks change is not 24 hours long.
  const tomorrow = new Date(Date.parse(today) + DAY).toISOString().slice(0, 10);
  const day = isoDay(span.from, zone);
  const named = day === today ? staff.today : day === tomorrow ? staff.tomorrow : dayText(span.from, screen, zone);
  // Joined, so that no line ends within it.
  return `${named}, ${timeText(span.from, zone)}\u2060–\u2060${timeText(span.until, zone)}`;
}

/** `1 h 30 min` */
export function lengthText(minutes: number, staff: StaffWords): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [
    hours > 0 ? fill(staff.lengthHours, { n: hours }) : '',
    rest > 0 ? fill(staff.lengthMinutes, { n: rest }) : '',
  ];
  return parts.filter((text) => text !== '').join(' ');
}
