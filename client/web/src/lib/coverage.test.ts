import { describe, expect, it } from 'vitest';
import { cellOf, daysOf, gapsByDay, moved, nextGap, shiftFor, shown } from './coverage';
import type { CoverageView, LanguageCoverage } from '../wire';

const first = Date.UTC(2026, 9, 24, 20);
// The night in which clocks are put back in Tirana: 2 o'clock comes twice.
const locals = ['24T22', '24T23', '25T00', '25T01', '25T02', '25T02', '25T03'].map((text) => `2026-10-${text}:00`);
const row = (language: string, more: Partial<LanguageCoverage>): LanguageCoverage => ({
  language,
  speakers: 1,
  on_shift: locals.map(() => 1),
  on_call: locals.map(() => 0),
  needed: locals.map(() => 1),
  gaps: [],
  ...more,
});
const view: CoverageView = {
  zone: 'Europe/Tirane',
  hours: locals.map((local, index) => ({ at: first + index * 3_600_000, local })),
  languages: [row('ps', { speakers: 0, gaps: [1, 4] }), row('sq', {}), row('ar', { gaps: [1] })],
};

describe('a cell', () => {
  const cell = (on_shift: number, on_call: number, needed: number) =>
    cellOf(row('sq', { on_shift: [on_shift], on_call: [on_call], needed: [needed] }), 0).kind;

  it('says whether somebody is missing', () => {
    expect(cell(0, 0, 1)).toBe('gap');
    expect(cell(0, 2, 1)).toBe('call');
    expect(cell(1, 0, 2)).toBe('short');
    expect(cell(2, 0, 2)).toBe('covered');
    expect(cell(0, 1, 0)).toBe('none');
  });
});

describe('days', () => {
  const days = daysOf(view.hours);

  it('are told by the wall clock, with the hour that comes twice', () => {
    expect(days).toEqual([
      { date: '2026-10-24', first: 0, hours: 2 },
      { date: '2026-10-25', first: 2, hours: 5 },
    ]);
    expect(gapsByDay(view.languages, days)).toEqual([2, 1]);
  });
});

describe('filters', () => {
  it('leave out what is covered, and what nobody speaks', () => {
    const names = (onlyGaps: boolean, hideUnspoken: boolean) =>
      shown(view, { onlyGaps, hideUnspoken }).map(({ language }) => language);
    expect(names(false, false)).toEqual(['ps', 'sq', 'ar']);
    expect(names(true, false)).toEqual(['ps', 'ar']);
    expect(names(true, true)).toEqual(['ar']);
  });
});

describe('the next gap', () => {
  it('is the earliest to come, and after the last the first', () => {
    expect(nextGap(view.languages, { row: 0, column: 0 })).toEqual({ row: 0, column: 1 });
    expect(nextGap(view.languages, { row: 0, column: 1 })).toEqual({ row: 2, column: 1 });
    expect(nextGap(view.languages, { row: 2, column: 1 })).toEqual({ row: 0, column: 4 });
    expect(nextGap(view.languages, { row: 0, column: 4 })).toEqual({ row: 0, column: 1 });
    expect(nextGap([row('sq', {})], { row: 0, column: 0 })).toBeUndefined();
  });
});

describe('keys', () => {
  // 28 March from 19:00 on, 29 March without its hour from 2 to 3, and 30 March.
  const at = (day: number, hour: number) => `2026-03-${day}T${String(hour).padStart(2, '0')}:00`;
  const clocks = [
    ...[19, 20, 21, 22, 23].map((hour) => at(28, hour)),
    ...Array.from({ length: 24 }, (_, hour) => at(29, hour)).filter((local) => !local.endsWith('T02:00')),
    ...Array.from({ length: 24 }, (_, hour) => at(30, hour)),
  ];
  const hours = clocks.map((local, index) => ({ local, at: Date.UTC(2026, 2, 28, 18 + index) }));
  const go = (key: string, column: number, row = 0) => moved(key, { row, column }, 3, hours);
  const told = (key: string, from: string) => hours[go(key, clocks.indexOf(from))?.column ?? -1]?.local;

  it('move by a cell and stay on the board', () => {
    expect(go('ArrowRight', 3)).toEqual({ row: 0, column: 4 });
    expect(go('ArrowLeft', 0)).toEqual({ row: 0, column: 0 });
    expect(go('ArrowUp', 3)).toEqual({ row: 0, column: 3 });
    expect(go('ArrowDown', 3, 2)).toEqual({ row: 2, column: 3 });
    expect(go('Home', 30)).toEqual({ row: 0, column: 0 });
    expect(go('End', 30)).toEqual({ row: 0, column: 51 });
    expect(go('a', 3)).toBeUndefined();
  });

  it('move by a day to the same time, or to the next there is', () => {
    expect(told('PageDown', at(28, 22))).toBe(at(29, 22));
    expect(told('PageUp', at(29, 22))).toBe(at(28, 22));
    expect(told('PageDown', at(29, 1))).toBe(at(30, 1));
    expect(told('PageUp', at(30, 2))).toBe(at(29, 3));
    expect(told('PageUp', at(29, 4))).toBe(at(28, 19));
    expect(told('PageUp', at(28, 22))).toBe(at(28, 19));
    expect(told('PageDown', at(30, 5))).toBe(at(30, 23));
  });
});

describe('the shift that fills a gap', () => {
  it('begins with the hour, by the wall clock', () => {
    expect(shiftFor(view, 1, 'm', 4, 'on_shift')).toEqual({
      mediator: 'm',
      shift: {
        starts_at: '2026-10-24T23:00',
        zone: 'Europe/Tirane',
        minutes: 240,
        rule: null,
        skipped: [],
        duty: 'on_shift',
      },
    });
  });

  it('is ordered by UTC where the wall clock would mean the hour before', () => {
    expect(shiftFor(view, 4, 'm', 1, 'on_call').shift).toMatchObject({ starts_at: '2026-10-25T02:00', minutes: 60 });
    expect(shiftFor(view, 5, 'm', 1, 'on_call').shift).toMatchObject({ starts_at: '2026-10-25T01:00', zone: 'UTC' });
  });
});
