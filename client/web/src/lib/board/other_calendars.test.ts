import { describe, expect, it } from 'vitest';
import { en } from '../../i18n/board/en';
import { sr } from '../../i18n/board/sr';
import type { Agency, MediatorRow, Shift } from '../../wire';
import { feedAgencies, feedName, recurrenceText, shiftText } from './other_calendars';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const AGENCIES: Agency[] = [
  { code: 'AL-BORDER', name: 'Policia Kufitare', country: 'AL', zone: 'Europe/Tirane' },
  { code: 'BA-POLICE', name: 'Granična policija', country: 'BA', zone: 'Europe/Sarajevo' },
];

function mediator(alias: string, agency: string | null, active = true): MediatorRow {
  return { login: null, mediator: { id: `id of ${alias}`, alias, agency, active } as MediatorRow['mediator'] };
}

function shift(starts_at: string, more: Partial<Shift> = {}): Shift {
  return { id: '1', mediator: '2', starts_at, zone: 'Europe/Tirane', minutes: 480, rule: null, skipped: [], duty: 'on_shift', ...more };
}

describe('links to a calendar', () => {
  const roster = [
    mediator('Blue Heron', 'XK-POLICE'),
    mediator('Quiet River', 'AL-BORDER'),
    mediator('North Star', 'AL-BORDER'),
    mediator('White Olive', 'BA-POLICE', false),
    mediator('Green Bridge', null),
  ];

  it('are offered for agencies with somebody active on the roster, whether or not they are registered', () => {
    expect(feedAgencies(roster, AGENCIES)).toEqual([
      { code: 'AL-BORDER', name: 'Policia Kufitare' },
      { code: 'XK-POLICE', name: 'XK-POLICE' },
    ]);
    expect(feedAgencies([], AGENCIES)).toEqual([]);
  });

  it('are named by alias or agency', () => {
    expect(feedName({ kind: 'mediator', id: 'id of Blue Heron' }, roster, AGENCIES)).toBe('Blue Heron');
    expect(feedName({ kind: 'mediator', id: 'nobody' }, roster, AGENCIES)).toBe('…');
    expect(feedName({ kind: 'agency', id: 'BA-POLICE' }, roster, AGENCIES)).toBe('Granična policija');
    expect(feedName({ kind: 'agency', id: 'MK-ASYLUM' }, roster, AGENCIES)).toBe('MK-ASYLUM');
  });
});

describe('a shift of a calendar file', () => {
  it('is told by its own wall clock, with the year where it is another', () => {
    expect(shiftText(shift('2026-11-30T22:00:00'), NOW, 'en')).toBe('Mon 30 Nov, 22:00–06:00');
    expect(shiftText(shift('2027-01-03T14:00:00'), NOW, 'en')).toBe('Sun 3 Jan 2027, 14:00–22:00');
    // Whatever zone that is.
    expect(shiftText(shift('2026-11-30T22:00:00', { zone: 'Atlantic/Azores' }), NOW, 'en')).toBe('Mon 30 Nov, 22:00–06:00');
    expect(shiftText(shift('2025-12-31T20:00:00'), NOW, 'sr')).toBe('sre 31. dec 2025, 20:00–04:00');
  });

  it('keeps its end by the wall clock in the night in which clocks go forward', () => {
    expect(shiftText(shift('2027-03-27T22:00:00'), NOW, 'en')).toBe('Sat 27 Mar 2027, 22:00–06:00');
  });

  it('says how it comes again; what no form shows stays as the file writes it', () => {
    const weekly = shift('2026-11-30T22:00:00', { rule: 'FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270301' });
    expect(recurrenceText(weekly, 'en', en)).toBe('every week: Mon, Thu, until 1 Mar 2027');
    expect(recurrenceText(weekly, 'sr', sr)).toBe('svake nedelje: pon, čet, do 1. mar 2027');
    expect(recurrenceText(shift('2026-11-30T22:00:00', { rule: 'FREQ=WEEKLY' }), 'en', en)).toBe('every week: Mon');
    expect(recurrenceText(shift('2026-11-30T22:00:00'), 'en', en)).toBe('Once');
    const monthly = shift('2027-01-03T14:00:00', { rule: 'FREQ=MONTHLY;BYDAY=1SU' });
    expect(recurrenceText(monthly, 'en', en)).toBe('FREQ=MONTHLY;BYDAY=1SU');
  });
});
