import { describe, expect, it } from 'vitest';
import type { BookingView, CandidateRow, MediatorPresence, MediatorRow, SessionSummary } from '../../wire';
import { asLastDay, fromLastDay } from '../bars';
import { inOrder } from './bookings';
import { byMediator, canRing } from './by_hand';
import { isAgency, isCountry } from './codes';
import { cellAt, readCsv, withCell, writeCsv } from './csv_cells';
import { EVERYBODY, filterRoster, indexRoster, type RosterFilter } from './roster_filter';
import { needsYou, presenceById, standingByLanguage, standingOf, waitingOf } from './standing';
import { tabOf, tabsFor } from './tabs';
import { inSight, moved, scrollTo } from './window';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const DAY = 86_400_000;

function mediator(alias: string, tags: string[], more: Partial<MediatorRow['mediator']> = {}): MediatorRow {
  return {
    login: alias.toLowerCase(),
    mediator: {
      id: alias,
      alias,
      languages: tags.map((tag) => ({ tag, level: 'fluent' })),
      gender: null,
      qualification: 'interpreter',
      register_number: null,
      specialisms: [],
      undertaking_signed_at: NOW - DAY,
      undertaking_until: null,
      vetted_until: NOW + 400 * DAY,
      agency: null,
      serves: [],
      countries: [],
      favourite_of: [],
      conflicts: [],
      load: { minutes_a_day: 360, rest_minutes: 10 },
      active: true,
      ...more,
    },
  };
}

function presence(id: string, more: Partial<MediatorPresence> = {}): MediatorPresence {
  return { mediator: id, ready: true, reachable: true, in_session: false, availability: 'ready', minutes_worked: 0, ...more };
}

describe('the roster is found', () => {
  const rows = [
    mediator('Zana 10', ['sq', 'en'], { agency: 'AL-BORDER', vetted_until: NOW + 20 * DAY }),
    mediator('Zana 9', ['prs', 'en'], { specialisms: ['minors'], qualification: 'sworn_interpreter' }),
    mediator('Kukës', ['sr-Latn', 'mk'], { vetted_until: NOW - 1 }),
  ];
  const entries = indexRoster(rows, NOW);
  const here = presenceById([presence('Zana 9'), presence('Kukës', { in_session: true })]);
  const find = (filter: Partial<RosterFilter>) =>
    filterRoster(entries, { ...EVERYBODY, ...filter }, here).map(({ row }) => row.mediator.alias);

  it('in the order of numbers as people count', () => {
    expect(find({})).toEqual(['Kukës', 'Zana 9', 'Zana 10']);
  });

  it.each([
    ['dari', ['Zana 9']],
    ['دری', ['Zana 9']],
    ['prs', ['Zana 9']],
    ['albanian', ['Zana 10']],
    ['shqip', ['Zana 10']],
    ['albanais', ['Zana 10']],
    ['Srpski', ['Kukës']],
    ['македонски', ['Kukës']],
    ['maqedonisht', ['Kukës']],
    ['kukes', ['Kukës']],
    ['al-border', ['Zana 10']],
    ['zana english', ['Zana 9', 'Zana 10']],
    ['nobody', []],
  ])('by %s', (text, aliases) => {
    expect(find({ text })).toEqual(aliases);
  });

  it('by standing, skill, agency and what is to be done', () => {
    expect(find({ standing: 'ready' })).toEqual(['Zana 9']);
    expect(find({ standing: 'busy' })).toEqual(['Kukës']);
    expect(find({ standing: 'away' })).toEqual(['Zana 10']);
    expect(find({ qualification: 'sworn_interpreter' })).toEqual(['Zana 9']);
    expect(find({ specialism: 'minors' })).toEqual(['Zana 9']);
    expect(find({ agency: 'AL-BORDER' })).toEqual(['Zana 10']);
    expect(find({ agency: '' })).toEqual(['Kukës', 'Zana 9']);
    expect(find({ problem: 'expiring' })).toEqual(['Zana 10']);
    expect(find({ problem: 'barred' })).toEqual(['Kukës']);
    expect(find({ problem: 'no_account' })).toEqual([]);
    expect(find({ text: 'zana', problem: 'barred' })).toEqual([]);
  });
});

describe('standing', () => {
  it('counts shift and switch alike, and nobody without an open page', () => {
    expect(standingOf(presence('a', { ready: false, availability: 'on_shift' }))).toBe('ready');
    expect(standingOf(presence('a', { availability: 'on_call' }))).toBe('on_call');
    expect(standingOf(presence('a', { availability: 'away' }))).toBe('away');
    expect(standingOf(presence('a', { reachable: false }))).toBe('away');
    expect(standingOf(undefined)).toBe('away');
  });

  it('is per primary language, each person once, and only who may be called', () => {
    const rows = [
      mediator('a', ['sr-Latn', 'sr-Cyrl', 'en']),
      mediator('b', ['sr-Latn', 'en'], { vetted_until: null }),
      mediator('c', ['prs', 'en']),
    ];
    const found = standingByLanguage(rows, presenceById([presence('a'), presence('b')]), [], NOW);
    expect(found.find(({ language }) => language === 'sr')).toMatchObject({ ready: 1, away: 0 });
    expect(found.find(({ language }) => language === 'en')).toMatchObject({ ready: 1, away: 1 });
  });

  it('calls that need a coordinator come first, then those that nothing rings for, then the oldest', () => {
    const session = (id: string, more: Partial<SessionSummary>): SessionSummary => ({
      id,
      phase: 'ringing',
      languages: { source: 'sq', target: 'en' },
      requested_at: 0,
      connected: 1,
      mediator_alias: null,
      transcription_agreed: false,
      no_answer: null,
      place_in_line: null,
      coordinator_called: false,
      ...more,
    });
    const order = waitingOf([
      session('young', { requested_at: 9 }),
      session('old', { requested_at: 1 }),
      session('live', { phase: 'live' }),
      session('unanswered', { phase: 'unanswered', requested_at: 8 }),
      session('called', { coordinator_called: true, requested_at: 10 }),
      session('nobody', { phase: 'unanswered', no_answer: 'nobody_suitable', requested_at: 11 }),
    ]);
    expect(order.map(({ id }) => id)).toEqual(['called', 'nobody', 'unanswered', 'old', 'young']);
    expect(order.filter(needsYou).map(({ id }) => id)).toEqual(['called', 'nobody']);
  });
});

describe('a CSV file', () => {
  const text = 'alias;languages;notes\r\nZana;"sq:native; en:fluent";plain\r\n\r\nKeqe;"bad";"two\nlines"\r\nLast;"sq:native; en:fluent";x\r\n';

  it('is read with the lines as an editor counts them', () => {
    const table = readCsv(`\uFEFF${text}`);
    expect(table.header).toEqual(['alias', 'languages', 'notes']);
    expect(cellAt(table, 2, 'Languages')).toBe('sq:native; en:fluent');
    expect(cellAt(table, 4, 'alias')).toBe('Keqe');
    expect(cellAt(table, 6, 'alias')).toBe('Last');
    expect(cellAt(table, 5, 'alias')).toBeUndefined();
    expect(cellAt(table, 4, 'qualification')).toBeUndefined();
  });

  it('is written so that it reads the same, line by line', () => {
    const table = readCsv(text);
    expect(readCsv(writeCsv(table))).toEqual(table);
  });

  it('changes in one cell only', () => {
    const before = readCsv(text);
    const after = readCsv(writeCsv(withCell(before, 4, 'languages', 'ps:native;\nen:"working"')));
    expect(cellAt(after, 4, 'languages')).toBe('ps:native; en:"working"');
    expect(after.rows.filter(({ line }) => line !== 4)).toEqual(before.rows.filter(({ line }) => line !== 4));
    expect(withCell(before, 4, 'unknown', 'x')).toBe(before);
  });

  it('with a row that is too short gets the cell all the same', () => {
    const table = withCell(readCsv('alias,languages,qualification\nZana,sq'), 2, 'qualification', 'interpreter');
    expect(table.rows[0]?.cells).toEqual(['Zana', 'sq', 'interpreter']);
  });
});

describe('a long list', () => {
  it('draws what is in sight and a little more', () => {
    expect(inSight(0, 600, 60, 3000)).toEqual([0, 14]);
    expect(inSight(60_000, 600, 60, 3000)).toEqual([996, 1014]);
    expect(inSight(1e9, 600, 60, 3000)).toEqual([3000, 3000]);
    expect(inSight(0, 600, 60, 3)).toEqual([0, 3]);
  });

  it('moves by keys and keeps the row in sight', () => {
    expect(moved('ArrowDown', 9, 10, 5)).toBe(9);
    expect(moved('PageUp', 3, 10, 5)).toBe(0);
    expect(moved('End', 0, 10, 5)).toBe(9);
    expect(moved('a', 0, 10, 5)).toBeUndefined();
    expect(scrollTo(0, 100, 600, 60)).toBe(0);
    expect(scrollTo(20, 0, 600, 60)).toBe(660);
    expect(scrollTo(3, 0, 600, 60)).toBeUndefined();
  });
});

it('codes are those that the relay takes', () => {
  expect(['AL-BORDER', 'A1'].every(isAgency)).toBe(true);
  expect(['A', '-AL', 'AL_BORDER', 'A'.repeat(25)].some(isAgency)).toBe(false);
  expect(isCountry('XK') && !isCountry('ALB')).toBe(true);
});

it('a last day holds to its end, and is shown as itself', () => {
  expect(fromLastDay('2026-12-31')).toBe(Date.parse('2027-01-01T00:00:00Z'));
  expect(asLastDay(fromLastDay('2026-12-31'))).toBe('2026-12-31');
  expect(asLastDay(Number.MAX_SAFE_INTEGER)).toBe('');
});

it('the parts are as the role allows', () => {
  expect(tabsFor(true).map(({ id }) => id)).not.toContain('sessions');
  expect(tabOf('accounts', false)).toBe('now');
  expect(tabOf('coverage', false)).toBe('coverage');
  expect([true, false].map((administrator) => tabOf('glossaries', administrator))).toEqual(['glossaries', 'glossaries']);
  expect(tabOf(undefined, true)).toBe('now');
});

it('bookings that need somebody come first, and those that are over last', () => {
  const booking = (id: string, from: number, more: Partial<BookingView>): BookingView => ({
    id,
    officer_account: 'o',
    agency: null,
    request: {
      languages: { source: 'sq', target: 'en' },
      gender_wish: null,
      label: 'victim',
      minor: false,
      transcription_wished: false,
      case: null,
      circumstances: [],
      specialisms: [],
      agency: null,
      country: null,
      booked: null,
    },
    span: { from, until: from + 1 },
    state: 'seeking',
    escalated: false,
    asked: 0,
    alias: null,
    session: null,
    offers: [],
    log: [],
    ...more,
  });
  const { ahead, over } = inOrder([
    booking('late', 9, {}),
    booking('gone', 1, { state: 'unfilled', escalated: true }),
    booking('near', 2, { state: 'confirmed' }),
    booking('called', 5, { escalated: true }),
    booking('before', 3, { state: 'begun' }),
  ]);
  expect(ahead.map(({ id }) => id)).toEqual(['called', 'near', 'late']);
  expect(over.map(({ id }) => id)).toEqual(['before', 'gone']);
});

describe('whom a coordinator can ring by hand', () => {
  const row = (mediator: string, by_hand: CandidateRow['by_hand']): CandidateRow => ({
    mediator,
    by_hand,
    eligible: by_hand === 'free',
    circle: 'pool',
    score: 0,
    reasons: [],
  });

  it('comes first, each mediator once, by the first place that they could fill', () => {
    const places = [row('never', 'never'), row('tired', 'with_reason'), row('best', 'free'), row('best', 'never'), row('second', 'free')];
    const rows = [...byMediator([...places, row('rings', 'rings')]).values()];
    expect(rows.map(({ mediator }) => mediator)).toEqual(['best', 'second', 'tired', 'rings', 'never']);
    expect(rows.filter(canRing).map(({ mediator }) => mediator)).toEqual(['best', 'second', 'tired']);
  });
});
