/** Plans as a relay would send them, for looking at the planning screens. The same at every look. */
import { HOURS_AHEAD } from '../src/lib/coverage';
import { primary, SEED_TAGS } from '../src/lib/languages';
import type { CoverageView, FillView, LanguageCoverage } from '../src/wire';
import { id, rosterRows } from './samples';

/** Tuesday 24 November 2026, 14:00 in Tirana, which is an hour ahead of UTC in winter. */
const FROM = Date.UTC(2026, 10, 24, 13);
const local = (at: number) => new Date(at + 3_600_000).toISOString().slice(0, 16);

/** Not chance, but as uneven. */
const dice = (a: number, b: number, sides: number) => ((a * 7919 + b * 104729 + a * b * 31) >>> 3) % sides;

function row(language: string, index: number, spoken: number): LanguageCoverage {
  const speakers = index < spoken ? 1 + dice(index, 3, 5) : 0;
  const [on_shift, on_call, needed]: [number[], number[], number[]] = [[], [], []];
  for (let n = 0; n < HOURS_AHEAD; n++) {
    const at = new Date(FROM + 3_600_000 + n * 3_600_000);
    const [hour, weekend, part] = [at.getUTCHours(), at.getUTCDay() % 6 === 0, Math.floor(n / 6)];
    const day = hour >= 7 && hour < 19;
    const share = index < 3 ? 10 : index < 12 ? (day && !weekend ? 10 : 7) : day ? 8 : 3;
    on_shift.push(speakers > 0 && dice(index, part, 10) < share ? 1 + dice(index, part + 5, speakers) : 0);
    on_call.push(speakers > 1 && dice(index + 3, part, 10) < (day ? 2 : 5) ? 1 : 0);
    needed.push(index === 0 && day ? 2 : index > 24 && !day ? 0 : 1);
  }
  const gaps = on_shift.flatMap((count, n) => (count === 0 && (needed[n] ?? 0) > 0 ? [n] : []));
  return { language, speakers, on_shift, on_call, needed, gaps };
}

export function coverage(languages = 60, spoken = 40): CoverageView {
  const tags = [...new Set(SEED_TAGS.map(primary))];
  while (tags.length < languages) tags.push(`q${String.fromCharCode(97 + tags.length % 26)}${tags.length}`);
  return {
    zone: 'Europe/Tirane',
    hours: Array.from({ length: HOURS_AHEAD }, (_, n) => FROM + n * 3_600_000).map((at) => ({ at, local: local(at) })),
    languages: tags.slice(0, languages).map((tag, index) => row(tag, index, spoken)),
  };
}

export function fillers(language: string, hour: number): FillView {
  const [heron, river, star, olive, stone] = rosterRows().map(({ mediator }) => mediator);
  if (!heron || !river || !star || !olive || !stone) throw new Error('the sample roster has five people');
  return {
    language,
    hour,
    on_shift: [],
    on_call: [stone.id],
    others: [
      { mediator: heron.id, alias: heron.alias, fits: true, level: 'native', minutes_that_day: 240, reasons: ['shift_adjoins'] },
      { mediator: river.id, alias: river.alias, fits: true, level: 'fluent', minutes_that_day: 0, reasons: ['free_that_day'] },
      { mediator: star.id, alias: star.alias, fits: true, level: 'working', minutes_that_day: 90, reasons: [] },
      { mediator: olive.id, alias: olive.alias, fits: false, level: 'native', minutes_that_day: 0, reasons: ['no_undertaking', 'free_that_day'] },
      { mediator: id(299), alias: 'Grey Wolf', fits: false, level: 'fluent', minutes_that_day: 360, reasons: ['over_load_limit'] },
    ],
  };
}
