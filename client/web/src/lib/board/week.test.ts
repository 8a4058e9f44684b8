import { describe, expect, it } from 'vitest';
import { changes, instantOf, lanesOf, segmentsOf, wallClock, wallEnd, weekAt, weekFrom, weekLater } from './week';

const HOUR = 3_600_000;

describe('a week', () => {
  it('begins on the Monday, and the next one seven days later', () => {
    const week = weekAt('Europe/Tirane', Date.parse('2026-03-04T12:00:00Z'));
    expect(week.days.map(({ date }) => date)).toEqual([
      '2026-03-02',
      '2026-03-03',
      '2026-03-04',
      '2026-03-05',
      '2026-03-06',
      '2026-03-07',
      '2026-03-08',
    ]);
    expect(week.slots).toHaveLength(24);
    expect(changes(week)).toEqual([]);
    expect(weekLater(week, -1).days[0]?.date).toBe('2026-02-23');
  });

  it.each(['Europe/Tirane', 'Europe/London'])('in March one hour of the Sunday has no place (%s)', (zone) => {
    const week = weekFrom(zone, '2026-03-23');
    const missing = zone === 'Europe/London' ? 1 : 2;
    expect(week.slots).toHaveLength(24);
    expect(changes(week)).toEqual([{ day: 6, forward: true }]);
    expect(week.days[6]?.hours[missing]).toBeNull();
    expect((week.days[6]?.until ?? 0) - (week.days[6]?.from ?? 0)).toBe(23 * HOUR);
    // The hour after it follows without a gap.
    expect(week.days[6]?.hours[missing + 1]?.from).toBe(week.days[6]?.hours[missing - 1]?.until);
  });

  it.each(['Europe/Tirane', 'Europe/London'])('in October one hour of the Sunday comes twice (%s)', (zone) => {
    const week = weekFrom(zone, '2026-10-19');
    const twice = zone === 'Europe/London' ? 1 : 2;
    expect(week.slots).toHaveLength(25);
    expect(week.slots[twice + 1]).toEqual({ hour: twice, again: true });
    expect(changes(week)).toEqual([{ day: 6, forward: false }]);
    expect(week.days[6]?.hours.every((hour) => hour !== null)).toBe(true);
    expect(week.days[0]?.hours[twice + 1]).toBeNull();
  });

  it('every moment of it has exactly one place', () => {
    for (const first of ['2026-03-23', '2026-10-19', '2026-06-01']) {
      const week = weekFrom('Europe/Tirane', first);
      const hours = week.days.flatMap((day) => day.hours.filter((hour) => hour !== null));
      for (const [n, hour] of hours.entries()) {
        const next = hours[n + 1];
        if (next !== undefined) expect(hour.until).toBe(next.from);
      }
      expect(hours[0]?.from).toBe(week.days[0]?.from);
      expect(hours.at(-1)?.until).toBe(week.days[6]?.until);
    }
  });
});

describe('a shift', () => {
  const week = weekFrom('Europe/Tirane', '2026-03-23');
  const at = (wall: string) => instantOf('Europe/Tirane', wall);

  it('over midnight is drawn on both days', () => {
    expect(segmentsOf(week, { from: at('2026-03-24T22:00'), until: at('2026-03-25T06:30') })).toEqual([
      { day: 1, top: 22, bottom: 24, fromBefore: false, goesOn: true },
      { day: 2, top: 0, bottom: 6.5, fromBefore: true, goesOn: false },
    ]);
  });

  it('to midnight does not touch the next day', () => {
    expect(segmentsOf(week, { from: at('2026-03-24T16:00'), until: at('2026-03-25T00:00') })).toHaveLength(1);
  });

  it('through the night of the spring change ends where its clock says', () => {
    const night = { from: at('2026-03-28T22:00'), until: at('2026-03-29T06:00') };
    expect(night.until - night.from).toBe(7 * HOUR);
    expect(segmentsOf(week, night)[1]).toMatchObject({ day: 6, top: 0, bottom: 6 });
  });

  it('through the night of the autumn change takes up both hours', () => {
    const autumn = weekFrom('Europe/Tirane', '2026-10-19');
    const night = { from: at('2026-10-24T22:00'), until: at('2026-10-25T06:00') };
    expect(night.until - night.from).toBe(9 * HOUR);
    // Six hours by the clock, and the second two o'clock.
    expect(segmentsOf(autumn, night)[1]).toMatchObject({ day: 6, top: 0, bottom: 7 });
  });

  it('that comes from the week before is cut at its beginning', () => {
    const [begin, end] = [at('2026-03-23T00:00'), at('2026-03-30T00:00')];
    expect(segmentsOf(week, { from: begin - 2 * HOUR, until: begin + HOUR })).toEqual([
      { day: 0, top: 0, bottom: 1, fromBefore: true, goesOn: false },
    ]);
    expect(segmentsOf(week, { from: end, until: end + HOUR })).toEqual([]);
  });
});

it('shifts at the same time stand side by side, and one after another in one lane', () => {
  const segment = (top: number, bottom: number) => ({ day: 0, top, bottom, fromBefore: false, goesOn: false });
  expect(lanesOf([segment(8, 16), segment(8, 12), segment(12, 20)])).toEqual({ lanes: 2, lane: [0, 1, 1] });
  expect(lanesOf([])).toEqual({ lanes: 1, lane: [] });
});

it('the wall clock and back', () => {
  const wall = '2026-07-01T22:15';
  expect(wallClock('Europe/Tirane', instantOf('Europe/Tirane', wall))).toBe(wall);
  expect(wallEnd('2026-12-31T22:00', 480)).toBe('2027-01-01T06:00');
  // Half past two does not exist that night: it is half past three then.
  expect(wallClock('Europe/Tirane', instantOf('Europe/Tirane', '2026-03-29T02:30'))).toBe('2026-03-29T03:30');
});
