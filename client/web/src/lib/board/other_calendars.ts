/** What goes to other calendars and what comes from them, as a screen tells it. */
import type { BoardWords } from '../../i18n/board/en';
import type { Agency, FeedOf, MediatorRow, Shift } from '../../wire';
import { fill } from '../fill';
import { draftOf, weekdayName } from './shift_form';
import { dateOfYear, dateText, isoDay, timeText, weekdayText } from './times';
import { instantOf, wallEnd } from './week';

/** Agencies that have somebody on the roster, by code: of others there is nothing to read, and the relay makes no link. */
export function feedAgencies(mediators: MediatorRow[], known: Agency[]): Pick<Agency, 'code' | 'name'>[] {
  const kept = mediators.flatMap(({ mediator }) => (mediator.active && mediator.agency ? [mediator.agency] : []));
  const names = new Map(known.map(({ code, name }) => [code, name]));
  return [...new Set(kept)].sort().map((code) => ({ code, name: names.get(code) ?? code }));
}

/** Whose shifts a link leads to. */
export function feedName(of: FeedOf, mediators: MediatorRow[], known: Agency[]): string {
  if (of.kind === 'agency') return known.find(({ code }) => code === of.id)?.name ?? of.id;
  return mediators.find(({ mediator }) => mediator.id === of.id)?.mediator.alias ?? '…';
}

/** `Mon 2 Mar, 22:00–06:00` by the shift's own wall clock; with the year where it is not the present one. */
export function shiftText({ starts_at, zone, minutes }: Shift, now: number, screen: string): string {
  const wall = starts_at.slice(0, 16);
  const span = { from: instantOf(zone, wall), until: instantOf(zone, wallEnd(wall, minutes)) };
  const date = isoDay(now, zone).startsWith(wall.slice(0, 5)) ? dateText : dateOfYear;
  const times = `${timeText(span.from, zone)}–${timeText(span.until, zone)}`;
  return `${weekdayText(span.from, screen, zone)} ${date(span.from, screen, zone)}, ${times}`;
}

/** How a shift comes again: `every week: Mon, Sat`; a rule that is not only weekly stays as calendars write it. */
export function recurrenceText(shift: Shift, screen: string, board: BoardWords): string {
  const { repeats, weekdays, until, rule } = draftOf(shift);
  if (repeats === 'once') return board.once;
  if (repeats === 'other') return rule ?? '';
  const days = weekdays.map((day) => weekdayName(day, screen)).join(', ');
  return fill(until === '' ? board.weeklyOn : board.weeklyUntil, { days, day: until === '' ? '' : dateOfYear(Date.parse(until), screen, 'UTC') });
}
