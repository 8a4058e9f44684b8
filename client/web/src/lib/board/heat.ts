/** The heat map as data: languages by hours, grouped into days, with where the gaps are. */
import type { ForecastView, LanguageForecast } from '../../wire';
import { chanceLevel, coverLevel, type ChanceLevel, type CoverLevel } from './levels';
import type { CoverageView, LanguageCoverage, Span } from '../../wire';

const HOUR = 3_600_000;
/** Longest gap that one shift is offered for, in hours. */
export const LONGEST_FILL = 12;

export interface HeatDay {
  /** `2026-03-29`, by the wall clock. */
  date: string;
  /** When its first hour begins. */
  at: number;
  /** Number of its first hour, and how many it has: 24, or on days on which clocks change 23 or 25. */
  first: number;
  count: number;
}

export type HeatLevel = CoverLevel | ChanceLevel | 'past' | 'unknown';

export interface HeatMap {
  view: CoverageView;
  days: HeatDay[];
  /** So many hours are over. */
  past: number;
  /** By language, where it is known. */
  forecast: Map<string, LanguageForecast> | undefined;
}

export function heatMap(view: CoverageView, forecast: ForecastView | undefined, now: number): HeatMap {
  const days: HeatDay[] = [];
  for (const [index, { at, local }] of view.hours.entries()) {
    const date = local.slice(0, 10);
    const last = days.at(-1);
    if (last?.date === date) last.count += 1;
    else days.push({ date, at, first: index, count: 1 });
  }
  return {
    view,
    days,
    past: view.hours.filter(({ at }) => at + HOUR <= now).length,
    forecast: forecast && new Map(forecast.languages.map((row) => [row.language, row])),
  };
}

export function levelAt(map: HeatMap, row: LanguageCoverage, hour: number): HeatLevel {
  if (hour < map.past) return 'past';
  if (map.forecast === undefined) {
    return coverLevel(row.on_shift[hour] ?? 0, row.on_call[hour] ?? 0, row.needed[hour] ?? 0);
  }
  const chance = map.forecast.get(row.language)?.answered_within_30s[hour];
  return chance === undefined ? 'unknown' : chanceLevel(chance);
}

/** A level that calls for somebody. */
export function isOpen(level: HeatLevel): boolean {
  return level === 'nobody' || level === 'on_call' || level === 'unlikely';
}

/** Numbers of the open hours of one day, or of all. */
export function openHours(map: HeatMap, row: LanguageCoverage, day?: HeatDay): number[] {
  const [first, count] = day === undefined ? [0, map.view.hours.length] : [day.first, day.count];
  return Array.from({ length: count }, (_, n) => first + n).filter((hour) => isOpen(levelAt(map, row, hour)));
}

/** Open hours in words: `02:00–05:00, 22:00–24:00`. */
export function rangesText(map: HeatMap, hours: number[]): string {
  const runs: [number, number][] = [];
  for (const hour of hours) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === hour) last[1] = hour + 1;
    else runs.push([hour, hour + 1]);
  }
  return runs.map(([from, until]) => `${clockAt(map, from)}–${endAt(map, until)}`).join(', ');
}

/** The time of an hour by the wall clock. */
export function clockAt(map: HeatMap, hour: number): string {
  return map.view.hours[hour]?.local.slice(11, 16) ?? '';
}

function endAt(map: HeatMap, hour: number): string {
  const clock = clockAt(map, hour);
  return clock === '00:00' || clock === '' ? '24:00' : clock;
}

/** The open hours around one, as one span that a shift could fill; the hour itself where it is not open. */
export function gapAround(map: HeatMap, row: LanguageCoverage, hour: number): Span {
  const open = (n: number) => n >= 0 && n < map.view.hours.length && isOpen(levelAt(map, row, n));
  let [first, last] = [hour, hour];
  while (open(hour) && open(first - 1) && last - first + 1 < LONGEST_FILL) first -= 1;
  while (open(hour) && open(last + 1) && last - first + 1 < LONGEST_FILL) last += 1;
  const from = map.view.hours[first]?.at ?? 0;
  return { from, until: from + (last - first + 1) * HOUR };
}

/** The next open hour to come after one, in any language; after the last, the first again. */
export function nextOpen(map: HeatMap, after: { row: number; column: number }): { row: number; column: number } | undefined {
  const all = map.view.languages.flatMap((row, index) => openHours(map, row).map((column) => ({ row: index, column })));
  all.sort((a, b) => a.column - b.column || a.row - b.row);
  return all.find(({ row, column }) => column > after.column || (column === after.column && row > after.row)) ?? all[0];
}

/** How many hours are open in how many languages. */
export function totals(map: HeatMap): { gaps: number; languages: number } {
  const gaps = map.view.languages.map((row) => openHours(map, row).length);
  return { gaps: gaps.reduce((sum, n) => sum + n, 0), languages: gaps.filter((n) => n > 0).length };
}
