import { describe, expect, it } from 'vitest';
import { gridMove } from './grid_keys';
import { draftOf, firstDay, orderOf, problemOfDraft, type ShiftDraft } from './shift_form';
import type { Shift } from '../../wire';

const draft: ShiftDraft = {
  mediator: 'm',
  day: '2026-03-03',
  start: '22:00',
  minutes: 480,
  zone: 'Europe/Tirane',
  duty: 'on_shift',
  repeats: 'once',
  weekdays: [],
  until: '',
  rule: null,
  skipped: [],
};
const shift = (rule: string | null): Shift => ({
  id: 's',
  mediator: 'm',
  starts_at: '2026-03-02T22:00',
  zone: 'Europe/Tirane',
  minutes: 480,
  rule,
  skipped: [],
  duty: 'on_shift',
});

describe('the form of a shift', () => {
  it('once is a day and a time', () => {
    expect(orderOf(draft)).toEqual({
      mediator: 'm',
      shift: {
        starts_at: '2026-03-03T22:00',
        zone: 'Europe/Tirane',
        minutes: 480,
        rule: null,
        skipped: [],
        duty: 'on_shift',
      },
    });
  });

  it('weekly begins on the first of its weekdays', () => {
    const weekly: ShiftDraft = { ...draft, repeats: 'weekly', weekdays: ['MO', 'TH'], until: '2026-12-31' };
    expect(firstDay(weekly)).toBe('2026-03-05');
    expect(orderOf(weekly).shift).toMatchObject({
      starts_at: '2026-03-05T22:00',
      rule: 'FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261231',
    });
  });

  it('says what is missing', () => {
    expect(problemOfDraft(draft)).toBeUndefined();
    expect(problemOfDraft({ ...draft, mediator: undefined })).toBe('person');
    expect(problemOfDraft({ ...draft, start: '' })).toBe('start');
    expect(problemOfDraft({ ...draft, minutes: 1441 })).toBe('length');
    expect(problemOfDraft({ ...draft, minutes: Number.NaN })).toBe('length');
    expect(problemOfDraft({ ...draft, repeats: 'weekly' })).toBe('days');
    expect(problemOfDraft({ ...draft, repeats: 'weekly', weekdays: ['TU'], until: '2026-03-02' })).toBe('until');
  });

  it('shows what it wrote itself, as the relay keeps it', () => {
    // The end of 31 December in Tirana is 22:59:59 in UTC.
    const kept = draftOf(shift('FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T225959Z'));
    expect(kept).toMatchObject({ repeats: 'weekly', weekdays: ['MO', 'WE'], until: '2026-12-31' });
    expect(orderOf(kept).shift.rule).toBe('FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231');
    expect(draftOf(shift('FREQ=WEEKLY')).weekdays).toEqual(['MO']);
  });

  it.each(['FREQ=MONTHLY;BYDAY=1MO', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO', 'FREQ=WEEKLY;COUNT=4', 'FREQ=DAILY'])(
    'leaves %s as it is',
    (rule) => {
      const other = draftOf(shift(rule));
      expect(other.repeats).toBe('other');
      expect(orderOf(other).shift.rule).toBe(rule);
    },
  );
});

it('keys move about a grid and stay within', () => {
  const size = { rows: 60, columns: 336, leap: 24 };
  const press = (key: string, row: number, column: number, ctrlKey = false, rtl = false) =>
    gridMove({ key, ctrlKey }, { row, column }, size, rtl);
  expect(press('ArrowRight', 3, 335)).toEqual({ row: 3, column: 335 });
  expect(press('ArrowRight', 3, 10, false, true)).toEqual({ row: 3, column: 9 });
  expect(press('PageDown', 3, 10)).toEqual({ row: 3, column: 34 });
  expect(press('End', 3, 10, true)).toEqual({ row: 59, column: 335 });
  expect(press('Home', 3, 10)).toEqual({ row: 3, column: 0 });
  expect(press('ArrowUp', 0, 10)).toEqual({ row: 0, column: 10 });
  expect(press('Enter', 0, 0)).toBeUndefined();
});
