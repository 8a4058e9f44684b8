import { describe, expect, it } from 'vitest';
import type { BookingOfferState, BookingState, MyBooking, ShiftRow } from '../wire';
import { byAnswer, nextShifts, ownShift } from './coming_up';

const HOUR = 3_600_000;
const now = Date.parse('2026-03-02T09:00:00Z');

const row = (id: string, rule: string | null, ...starts: string[]): ShiftRow => ({
  shift: {
    id,
    mediator: 'm',
    starts_at: '2026-03-02T00:30:00',
    zone: 'Europe/Tirane',
    minutes: 480,
    rule,
    skipped: [],
    duty: 'on_shift',
  },
  occurrences: starts.map((start) => ({ from: Date.parse(start), until: Date.parse(start) + 8 * HOUR })),
});

describe('the shifts ahead', () => {
  it('come in order, without those that are over', () => {
    const rows = [
      row('weekly', 'FREQ=WEEKLY', '2026-03-01T23:30:00Z', '2026-03-03T23:30:00Z'),
      row('once', null, '2026-03-02T08:00:00Z'),
    ];
    expect(nextShifts(rows, now).map(({ shift }) => shift)).toEqual(['once', 'weekly']);
  });

  it('are left out by the day of their own clocks, if they come again at all', () => {
    const [night, once] = [
      nextShifts([row('weekly', 'FREQ=WEEKLY', '2026-03-03T23:30:00Z')], now),
      nextShifts([row('once', null, '2026-03-03T23:30:00Z')], now),
    ];
    expect(night[0]?.skip).toBe('2026-03-04');
    expect(once[0]?.skip).toBeUndefined();
  });
});

describe('bookings', () => {
  it('wait for an answer, or were answered with yes', () => {
    const mine = (offer: BookingOfferState, state: BookingState) => ({ offer, state }) as MyBooking;
    const asked = mine('offered', 'seeking');
    const agreed = mine('accepted', 'confirmed');
    const all = [asked, agreed, mine('declined', 'seeking'), mine('withdrawn', 'confirmed'), mine('gave_back', 'seeking')];
    expect(byAnswer(all)).toEqual({ asked: [asked], agreed: [agreed] });
  });
});

describe('a shift of one’s own', () => {
  it('is told by the wall clock, once or every week', () => {
    const form = { day: '2026-03-04', time: '22:00', minutes: 480, zone: 'Europe/Tirane', duty: 'on_call' as const };
    const told = { starts_at: '2026-03-04T22:00', zone: 'Europe/Tirane', minutes: 480, skipped: [], duty: 'on_call' };
    expect(ownShift({ ...form, weekly: false })).toEqual({ ...told, rule: null });
    expect(ownShift({ ...form, weekly: true })).toEqual({ ...told, rule: 'FREQ=WEEKLY' });
  });
});
