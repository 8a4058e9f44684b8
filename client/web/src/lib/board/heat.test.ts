import type { Assumptions } from '../../wire';
import { describe, expect, it } from 'vitest';
import { gapAround, heatMap, levelAt, nextOpen, openHours, rangesText, totals } from './heat';
import { stripPaths } from './heat_strip';
import { dayStart, instantOf, toldAs, wallClock, wallMinutes } from './week';
import type { CoverageView, LanguageCoverage } from '../../wire';

const HOUR = 3_600_000;
const ZONE = 'Europe/Tirane';

function row(language: string, onShift: (hour: number) => number, onCall = 0): LanguageCoverage {
  const all = Array.from({ length: 336 }, (_, hour) => hour);
  return {
    language,
    speakers: 3,
    on_shift: all.map(onShift),
    on_call: all.map(() => onCall),
    needed: all.map(() => 1),
    gaps: all.filter((hour) => onShift(hour) === 0),
  };
}

function coverage(first: string, languages: LanguageCoverage[]): CoverageView {
  const start = instantOf(ZONE, `${first}T00:00`);
  const at = (n: number) => start + n * HOUR;
  const hours = Array.from({ length: 336 }, (_, n) => ({ at: at(n), local: wallClock(ZONE, at(n)) }));
  return { zone: ZONE, hours, languages };
}

const assumptions: Assumptions = {
  service_seconds: 2400,
  patience_seconds: 180,
  pick_up_seconds: 6,
  answer_within_seconds: 30,
  on_shift_answers: 0.9,
  on_call_answers: 0.5,
};

describe('the heat map', () => {
  const night = row('ps', (hour) => (hour % 24 >= 2 && hour % 24 < 5 ? 0 : 1));
  const never = row('ti', () => 0, 1);
  const view = coverage('2026-06-01', [never, night]);
  const map = heatMap(view, undefined, view.hours[0]?.at ?? 0);

  it('has fourteen days of 24 hours', () => {
    expect(map.days).toHaveLength(14);
    expect(map.days.every(({ count }) => count === 24)).toBe(true);
    expect(map.days[13]).toMatchObject({ date: '2026-06-14', first: 312 });
  });

  it('tells the open hours of a day', () => {
    const hours = openHours(map, night, map.days[1]);
    expect(hours).toEqual([26, 27, 28]);
    expect(rangesText(map, hours)).toBe('02:00–05:00');
    expect(rangesText(map, openHours(map, never, map.days[0]))).toBe('00:00–24:00');
    expect(totals(map)).toEqual({ gaps: 336 + 42, languages: 2 });
  });

  it('counts nothing that is over', () => {
    const later = heatMap(view, undefined, (view.hours[0]?.at ?? 0) + 27.5 * HOUR);
    expect(later.past).toBe(27);
    expect(levelAt(later, night, 26)).toBe('past');
    expect(openHours(later, night, later.days[1])).toEqual([27, 28]);
  });

  it('knows the gap around an hour, as long as one shift may be', () => {
    const at = (hour: number) => view.hours[hour]?.at ?? 0;
    expect(gapAround(map, night, 27)).toEqual({ from: at(26), until: at(29) });
    expect(gapAround(map, night, 30)).toEqual({ from: at(30), until: at(31) });
    const long = gapAround(map, never, 100);
    expect(long.until - long.from).toBe(12 * HOUR);
    expect(long.from <= at(100) && at(100) < long.until).toBe(true);
  });

  it('leads from one open hour to the next, and from the last to the first', () => {
    expect(nextOpen(map, { row: 0, column: 2 })).toEqual({ row: 1, column: 2 });
    expect(nextOpen(map, { row: 1, column: 4 })).toEqual({ row: 0, column: 5 });
    expect(nextOpen(map, { row: 1, column: 335 })).toEqual({ row: 0, column: 0 });
    expect(nextOpen(heatMap(coverage('2026-06-01', []), undefined, 0), { row: 0, column: 0 })).toBeUndefined();
  });

  it('is drawn as few blocks, tall where nobody is', () => {
    expect(stripPaths(map, never)).toEqual([{ level: 'thin', path: 'M0 100V38H336V100Z' }]);
    const paths = stripPaths(map, night);
    expect(paths.map(({ level }) => level)).toEqual(['one', 'open']);
    expect(paths[1]?.path.startsWith('M2 100V0H5V100Z')).toBe(true);
    // A block each night, and the covered hours between them.
    expect(paths.map(({ path }) => path.split('M').length - 1)).toEqual([15, 14]);
  });

  it('shows the forecast where there is one', () => {
    const chances = Array.from({ length: 336 }, (_, hour) => [0.5, 0.9, 0.99][hour % 3] ?? 0);
    const forecast = {
      from: view.hours[0]?.at ?? 0,
      weeks_seen: 1,
      assumptions,
      languages: [{ language: 'ps', requests_seen: 9, expected_calls: chances, answered_within_30s: chances }],
    };
    const told = heatMap(view, forecast, view.hours[0]?.at ?? 0);
    expect([0, 1, 2].map((hour) => levelAt(told, night, hour))).toEqual(['unlikely', 'likely', 'sure']);
    expect(levelAt(told, never, 0)).toBe('unknown');
  });
});

describe('days on which clocks change', () => {
  it('have 23 and 25 hours', () => {
    const spring = heatMap(coverage('2026-03-28', []), undefined, 0);
    expect(spring.days[1]).toMatchObject({ date: '2026-03-29', count: 23 });
    const autumn = heatMap(coverage('2026-10-24', []), undefined, 0);
    expect(autumn.days[1]).toMatchObject({ date: '2026-10-25', count: 25 });
    // Every day is as wide as the others all the same.
    const whole = heatMap(coverage('2026-10-24', [row('ps', () => 0)]), undefined, 0);
    const [language] = whole.view.languages;
    expect(language && stripPaths(whole, language)[0]?.path).toBe(`M0 100V0H${whole.days.length * 24}V100Z`);
  });

  it('are filled by the wall clock, and never for nothing', () => {
    const first = instantOf(ZONE, '2026-10-25T02:00');
    expect(wallMinutes(ZONE, { from: first, until: first + HOUR })).toBe(60);
    expect(wallMinutes(ZONE, { from: first, until: first + 3 * HOUR })).toBe(120);
    expect(toldAs(ZONE, { from: first, until: first + 3 * HOUR })).toEqual({
      starts_at: '2026-10-25T02:00',
      zone: ZONE,
      minutes: 120,
    });
    // The second two o'clock that night has no name of its own in Tirana.
    expect(toldAs(ZONE, { from: first + HOUR, until: first + 2 * HOUR })).toEqual({
      starts_at: '2026-10-25T01:00',
      zone: 'UTC',
      minutes: 60,
    });
    const spring = instantOf(ZONE, '2026-03-29T01:00');
    expect(wallMinutes(ZONE, { from: spring, until: spring + HOUR })).toBe(120);
    expect(dayStart(ZONE, spring + 5 * HOUR)).toBe(instantOf(ZONE, '2026-03-29T00:00'));
  });
});
