/** The hours of one language as shapes: open hours reach over the whole height, covered ones stay low. */
import { levelAt, type HeatLevel, type HeatMap } from './heat';
import type { LanguageCoverage } from '../../wire';

/** Every day is so wide, whether it has 23, 24 or 25 hours; the height is 100. */
export const DAY_WIDTH = 24;

export type StripLevel = 'open' | 'thin' | 'one' | 'more';

/** Which shape shows a level, and how high it is: told apart without colour too. */
const DRAWN: Record<HeatLevel, [StripLevel, number] | undefined> = {
  nobody: ['open', 100],
  unlikely: ['open', 100],
  on_call: ['thin', 62],
  likely: ['thin', 62],
  one: ['one', 34],
  more: ['more', 34],
  sure: ['more', 34],
  past: undefined,
  not_needed: undefined,
  unknown: undefined,
};

/** An SVG path for each shape that occurs; hours of one level that follow one another are one block. */
export function stripPaths(map: HeatMap, row: LanguageCoverage): { level: StripLevel; path: string }[] {
  const paths = new Map<StripLevel, string>();
  let run: { level: StripLevel; high: number; from: number; until: number } | undefined;
  const end = () => {
    if (run === undefined) return;
    const { level, high, from, until } = run;
    paths.set(level, `${paths.get(level) ?? ''}M${round(from)} 100V${100 - high}H${round(until)}V100Z`);
    run = undefined;
  };
  for (const [n, { first, count }] of map.days.entries()) {
    for (let hour = 0; hour < count; hour += 1) {
      const drawn = DRAWN[levelAt(map, row, first + hour)];
      const from = (n + hour / count) * DAY_WIDTH;
      const until = (n + (hour + 1) / count) * DAY_WIDTH;
      if (run !== undefined && drawn !== undefined && run.level === drawn[0]) {
        run.until = until;
        continue;
      }
      end();
      if (drawn !== undefined) run = { level: drawn[0], high: drawn[1], from, until };
    }
  }
  end();
  return [...paths].map(([level, path]) => ({ level, path }));
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}
