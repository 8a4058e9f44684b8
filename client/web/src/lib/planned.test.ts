import { describe, expect, it } from 'vitest';
import { en } from '../i18n/staff/en';
import type { BookingState, BookingView } from '../wire';
import { ownProblem } from './problems';
import { isAhead, LENGTHS, mayBegin, plannedOf, plannedSpan, proposedStart, standingOf } from './planned';
import { formOf, newRequest, optionsText } from './request';
import { lengthText, whenText } from './when';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = Date.parse('2026-03-02T09:07:00Z');

const booking = (state: BookingState, from: number, more: Partial<BookingView> = {}) =>
  ({
    id: `${state} ${from}`,
    span: { from, until: from + HOUR },
    state,
    escalated: false,
    asked: 0,
    ...more,
  }) as BookingView;

describe('a planned session', () => {
  it('stands as its officer has to know', () => {
    expect(standingOf(booking('seeking', now))).toBe('seeking');
    expect(standingOf(booking('seeking', now, { escalated: true }))).toBe('nobody_yet');
    expect(standingOf(booking('confirmed', now, { escalated: true }))).toBe('confirmed');
    expect(standingOf(booking('begun', now))).toBeUndefined();
    expect(standingOf(booking('cancelled', now))).toBeUndefined();
  });

  it('is listed by its time, then what came to nothing within a day', () => {
    const listed = plannedOf(
      [
        booking('unfilled', now - 2 * HOUR),
        booking('missed', now - 25 * HOUR),
        booking('seeking', now + 3 * HOUR, { escalated: true }),
        booking('confirmed', now + HOUR),
        booking('cancelled', now + HOUR),
        booking('begun', now - HOUR),
      ],
      now,
    );
    expect(listed.map(({ state }) => state)).toEqual(['confirmed', 'seeking', 'unfilled']);
    expect(listed.map(isAhead)).toEqual([true, true, false]);
  });

  it('may be begun from a quarter of an hour before its time until half an hour after', () => {
    const one = booking('confirmed', now);
    expect(mayBegin(one, now - 15 * MINUTE - 1)).toBe(false);
    expect(mayBegin(one, now - 15 * MINUTE)).toBe(true);
    expect(mayBegin(one, now + 30 * MINUTE - 1)).toBe(true);
    expect(mayBegin(one, now + 30 * MINUTE)).toBe(false);
    expect(mayBegin(booking('seeking', now), now)).toBe(true);
    expect(mayBegin(booking('unfilled', now), now)).toBe(false);
  });

  it('is kept no longer than it would last', () => {
    const short = booking('confirmed', now, { span: { from: now, until: now + 10 * MINUTE } });
    expect(mayBegin(short, now + 10 * MINUTE)).toBe(false);
  });
});

describe('the form of a plan', () => {
  it('proposes a full quarter of an hour, at least an hour ahead', () => {
    const { day, time } = proposedStart(now);
    const from = Date.parse(`${day}T${time}`);
    expect(from % (15 * MINUTE)).toBe(0);
    expect(from - now).toBe(68 * MINUTE);
    for (const minutes of LENGTHS) {
      expect(plannedSpan(day, time, minutes, now)).toEqual({ from, until: from + minutes * MINUTE });
    }
  });

  it('takes only times that can be planned', () => {
    expect(plannedSpan('', '10:00', 60, now)).toBeUndefined();
    expect(plannedSpan('2026-03-09', '', 60, now)).toBeUndefined();
    expect(plannedSpan('2026-03-01', '10:00', 60, now)).toBeUndefined();
    expect(plannedSpan('2027-03-09', '10:00', 60, now)).toBeUndefined();
    expect(plannedSpan('2026-03-09', '10:00', 60, now)).toBeDefined();
  });
});

describe('a request', () => {
  it('needs a language, and a case before a person of it', () => {
    const draft = newRequest();
    expect(formOf(draft, 'en')).toBeUndefined();
    expect(formOf({ ...draft, source: 'sq', person: ' V1 ' }, 'en')).toMatchObject({
      languages: { source: 'sq', target: 'en' },
      case_number: null,
      person: null,
    });
    expect(formOf({ ...draft, source: 'sq', caseNumber: ' 12/26 ', person: ' V1 ' }, 'en')).toMatchObject({
      case_number: '12/26',
      person: 'V1',
    });
  });

  it('is told in a few words', () => {
    expect(optionsText(newRequest(), en)).toBe('Victim');
    const draft = { ...newRequest(), minor: true, gender: 'female' as const, caseNumber: '12/26' };
    expect(optionsText(draft, en)).toBe('Victim · A child · Interpreter: Woman · Case number: 12/26');
  });
});

describe('when something is', () => {
  const zone = 'Europe/Tirane';
  const when = (from: string, minutes: number, at: string) => {
    const begins = Date.parse(from);
    const text = whenText({ from: begins, until: begins + minutes * MINUTE }, Date.parse(at), zone, en, 'en');
    return text.replaceAll('\u2060', '');
  };

  it('is today or tomorrow by the clocks there', () => {
    expect(when('2026-03-02T22:30:00Z', 60, '2026-03-02T09:00:00Z')).toBe('Today, 23:30–00:30');
    expect(when('2026-03-02T23:30:00Z', 60, '2026-03-02T09:00:00Z')).toBe('Tomorrow, 00:30–01:30');
    expect(when('2026-03-03T23:30:00Z', 60, '2026-03-02T09:00:00Z')).toBe('Wed 4 Mar, 00:30–01:30');
  });

  it('is tomorrow also in a night in which clocks change', () => {
    // 28 March 2026, 23:30 there; the 29th has 23 hours.
    expect(when('2026-03-29T21:30:00Z', 30, '2026-03-28T22:30:00Z')).toBe('Tomorrow, 23:30–00:00');
    expect(when('2026-10-25T22:30:00Z', 30, '2026-10-24T21:30:00Z')).toBe('Tomorrow, 23:30–00:00');
  });

  it('has a length', () => {
    expect([30, 60, 90].map((minutes) => lengthText(minutes, en))).toEqual(['30 min', '1 h', '1 h 30 min']);
  });
});

describe('a refusal', () => {
  it('speaks to the mediator whom it concerns', () => {
    expect(ownProblem({ code: 'already_booked', message: '' }, en)).toBe(en.own_already_booked);
    expect(ownProblem({ code: 'booking_not_offered', message: '' }, en)).toBe(en.problem_booking_not_offered);
    expect(ownProblem({ code: 'quite_new', message: 'Something new.' }, en)).toBe('Something new.');
  });
});
