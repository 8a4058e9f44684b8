/** What the coverage board shows of a coverage, without a screen: kinds of cells, days, filters, and the shift that fills a gap. */
import type { CoverageHour, CoverageView, Duty, LanguageCoverage, ShiftOrder } from '../wire';

/** `gap`: needed, and nobody on duty; `call`: needed, and only somebody on call; `short`: fewer on shift than needed. */
export type CellKind = 'gap' | 'call' | 'short' | 'covered' | 'none';

export interface Cell {
  kind: CellKind;
  shift: number;
  call: number;
  needed: number;
}

/** A stretch of columns that share a day by the wall clock. */
export interface Day {
  /** `2026-03-29`. */
  date: string;
  /** Number of its first column. */
  first: number;
  hours: number;
}

export interface Filter {
  onlyGaps: boolean;
  hideUnspoken: boolean;
}

export const HOUR = 3_600_000;
export const HOURS_AHEAD = 336;

export function cellOf(row: LanguageCoverage, hour: number): Cell {
  const [shift, call, needed] = [row.on_shift[hour] ?? 0, row.on_call[hour] ?? 0, row.needed[hour] ?? 0];
  return { kind: kindOf(shift, call, needed), shift, call, needed };
}

function kindOf(shift: number, call: number, needed: number): CellKind {
  if (needed > 0 && shift === 0) return call > 0 ? 'call' : 'gap';
  if (shift === 0) return 'none';
  return shift < needed ? 'short' : 'covered';
}

export function daysOf(hours: CoverageHour[]): Day[] {
  const days: Day[] = [];
  hours.forEach(({ local }, column) => {
    const date = local.slice(0, 10);
    const last = days.at(-1);
    if (last?.date === date) last.hours += 1;
    else days.push({ date, first: column, hours: 1 });
  });
  return days;
}

export function shown(view: CoverageView, { onlyGaps, hideUnspoken }: Filter): LanguageCoverage[] {
  return view.languages.filter((row) => (!onlyGaps || row.gaps.length > 0) && (!hideUnspoken || row.speakers > 0));
}

/** Uncovered hours of all these languages together, day by day. */
export function gapsByDay(rows: LanguageCoverage[], days: Day[]): number[] {
  const within = ({ first, hours }: Day) => (gap: number) => gap >= first && gap < first + hours;
  return days.map((day) => rows.reduce((sum, row) => sum + row.gaps.filter(within(day)).length, 0));
}

export interface Spot {
  row: number;
  column: number;
}

/** The next uncovered hour after a spot: the earliest to come, in any language; after the last, the first again. */
export function nextGap(rows: LanguageCoverage[], from: Spot): Spot | undefined {
  const all = rows.flatMap((row, index) => row.gaps.map((column) => ({ row: index, column })));
  all.sort((a, b) => a.column - b.column || a.row - b.row);
  return all.find((spot) => spot.column > from.column || (spot.column === from.column && spot.row > from.row)) ?? all[0];
}

/** Where a key leads; PageUp and PageDown go by a day and stay at its time, as near as there is one. */
export function moved(key: string, from: Spot, rows: number, hours: CoverageHour[]): Spot | undefined {
  const row = (step: number) => ({ ...from, row: clamp(from.row + step, rows) });
  const column = (to: number) => ({ ...from, column: clamp(to, hours.length) });
  switch (key) {
    case 'ArrowUp':
      return row(-1);
    case 'ArrowDown':
      return row(1);
    case 'ArrowLeft':
      return column(from.column - 1);
    case 'ArrowRight':
      return column(from.column + 1);
    case 'Home':
      return column(0);
    case 'End':
      return column(hours.length - 1);
    case 'PageUp':
      return column(sameTime(from.column, -1, hours));
    case 'PageDown':
      return column(sameTime(from.column, 1, hours));
    default:
      return undefined;
  }
}

/** The column of the same time on the next day (or the day before), or of the first later time on that day. */
function sameTime(column: number, step: 1 | -1, hours: CoverageHour[]): number {
  const days = daysOf(hours);
  const index = days.findIndex((day) => column < day.first + day.hours);
  const day = days[index + step];
  if (day === undefined) return step < 0 ? 0 : hours.length - 1;
  const time = hours[column]?.local.slice(11) ?? '';
  const columns = Array.from({ length: day.hours }, (_, n) => day.first + n);
  return columns.find((n) => (hours[n]?.local.slice(11) ?? '') >= time) ?? day.first + day.hours - 1;
}

function clamp(value: number, count: number): number {
  return Math.max(0, Math.min(count - 1, value));
}

/**
 * The shift that covers an hour and goes on for so many. When clocks are put back, a wall clock shows an hour twice and
 * means its first; the second is ordered by UTC.
 */
export function shiftFor(view: CoverageView, column: number, mediator: string, hours: number, duty: Duty): ShiftOrder {
  const hour = view.hours[column];
  if (hour === undefined) throw new RangeError(`there is no hour ${column}`);
  const second = view.hours[column - 1]?.local === hour.local;
  return {
    mediator,
    shift: {
      starts_at: second ? new Date(hour.at).toISOString().slice(0, 16) : hour.local.slice(0, 16),
      zone: second ? 'UTC' : view.zone,
      minutes: hours * 60,
      rule: null,
      skipped: [],
      duty,
    },
  };
}
