/** A roster of any size, its shifts and all that a board asks a relay for, made from a seed: the same every time. */
import type { ReportView } from '../src/wire';
import type { BoardCalls } from '../src/lib/board_calls';
import { readCsv } from '../src/lib/board/csv_cells';
import { dayStart, instantOf, ownZone, wallClock, wallEnd } from '../src/lib/board/week';
import { primary, SEED_TAGS } from '../src/lib/languages';
import { outsideCalls } from './calendar_samples';
import { glossaryCalls } from './glossary_samples';
import type {
  BookingView,
  CoverageView,
  FillView,
  ImportReport,
  LoanView,
  MediatorPresence,
  MediatorRow,
  Shift,
  ShiftOrder,
  ShiftRow,
  Span,
  Specialism,
} from '../src/wire';
import { candidatesOf } from './ring_samples';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.now();
const ZONE = 'Europe/Tirane';

/** mulberry32 */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const roll = dice(7);
const pick = <T,>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const COLOURS = ['Blue', 'Quiet', 'North', 'White', 'Green', 'Silver', 'Early', 'Amber', 'Clear', 'Stone', 'Winter', 'Open'];
const THINGS = ['Heron', 'River', 'Star', 'Olive', 'Bridge', 'Lantern', 'Harbour', 'Meadow', 'Swift', 'Cedar', 'Path'];
export const AGENCIES = ['AL-BORDER', 'BA-POLICE', 'ME-PROSECUTOR', 'MK-ASYLUM', 'RS-BORDER', 'XK-POLICE'];
// Few know the languages at the end of the list.
const tagAt = (at: number) => SEED_TAGS[Math.min(SEED_TAGS.length - 1, Math.floor(at ** 1.7 * SEED_TAGS.length))] as string;

export function roster(size: number): MediatorRow[] {
  return Array.from({ length: size }, (_, n) => {
    const first = n < SEED_TAGS.length ? (SEED_TAGS[n] as string) : tagAt(roll());
    const others = ['en', ...(roll() < 0.5 ? [tagAt(roll())] : [])].filter((tag) => tag !== first);
    const tags = [...new Set([first, ...others, ...(first === 'en' ? ['sq'] : [])])];
    const alias = `${pick(COLOURS)} ${pick(THINGS)}${n < 40 ? '' : ` ${n}`}`;
    return {
      login: roll() < 0.85 ? `m.${n + 1}` : null,
      mediator: {
        id: id(10_000 + n),
        alias: n < 40 ? `${COLOURS[n % 12]} ${THINGS[n % 11]}` : alias,
        languages: tags.map((tag, at) => ({ tag, level: at === 0 ? 'native' : pick(['fluent', 'working'] as const) })),
        gender: pick(['female', 'male', null] as const),
        qualification: pick(['cultural_mediator', 'interpreter', 'interpreter', 'sworn_interpreter'] as const),
        register_number: null,
        specialisms: (['minors', 'trafficking', 'asylum', 'medical'] as Specialism[]).filter(() => roll() < 0.25),
        undertaking_signed_at: roll() < 0.96 ? now - 100 * DAY : null,
        undertaking_until: roll() < 0.1 ? now + Math.floor(roll() * 60) * DAY : null,
        vetted_until: roll() < 0.95 ? now + Math.floor(roll() * 700) * DAY : now - DAY,
        agency: roll() < 0.8 ? pick(AGENCIES) : null,
        serves: roll() < 0.2 ? [pick(AGENCIES)] : [],
        countries: roll() < 0.3 ? ['AL', 'XK'] : [],
        favourite_of: [],
        conflicts: roll() < 0.1 ? [{ tie: 'place' as const, name: 'kukës' }] : [],
        load: { minutes_a_day: 360, rest_minutes: 10 },
        active: roll() < 0.98,
      },
    };
  });
}

export function presenceOf(rows: MediatorRow[]): MediatorPresence[] {
  return rows.map(({ mediator }) => ({
    mediator: mediator.id,
    ready: roll() < 0.3,
    reachable: roll() < 0.5,
    in_session: roll() < 0.06,
    availability: pick(['ready', 'on_shift', 'on_call', 'away', 'away'] as const),
    minutes_worked: Math.floor(roll() * 300),
  }));
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** Weekly shifts from a Monday years ago; occurrences within a window. */
class Shifts {
  readonly #shifts: Shift[] = [];
  /** Answers are kept until something changes: what is looked at here is the screen's speed, not the samples'. */
  readonly #kept = new Map<string, unknown>();

  constructor(rows: MediatorRow[]) {
    for (const [n, { mediator }] of rows.entries()) {
      if (roll() > 0.75) continue;
      const [hour, minutes] = pick([[6, 480], [8, 480], [14, 480], [22, 480], [9, 240]] as const);
      const days = DAYS.filter((_, day) => (day < 5 ? roll() < 0.6 : roll() < 0.25));
      if (days.length === 0) continue;
      const first = 5 + DAYS.indexOf(days[0] as string);
      this.add({
        mediator: mediator.id,
        shift: {
          starts_at: `2026-01-${String(first).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00`,
          zone: ZONE,
          minutes,
          rule: `FREQ=WEEKLY;BYDAY=${days.join(',')}`,
          skipped: [],
          duty: n % 6 === 0 ? 'on_call' : 'on_shift',
        },
      });
    }
  }

  add({ mediator, shift }: ShiftOrder): Shift {
    const made = { ...shift, id: id(900_000 + this.#shifts.length), mediator };
    this.#shifts.push(made);
    this.#kept.clear();
    return made;
  }

  kept<T>(key: string, make: () => T): T {
    if (!this.#kept.has(key)) this.#kept.set(key, make());
    return this.#kept.get(key) as T;
  }

  change(shift: string, change: (shift: Shift) => Shift | undefined): Shift | undefined {
    const at = this.#shifts.findIndex((one) => one.id === shift);
    const before = this.#shifts[at];
    if (before === undefined) return undefined;
    const after = change(before);
    this.#kept.clear();
    this.#shifts.splice(at, 1, ...(after === undefined ? [] : [after]));
    return after;
  }

  rows(from: number, until: number): ShiftRow[] {
    return this.kept(`${from} ${until}`, () =>
      this.#shifts
        .map((shift) => ({ shift, occurrences: this.#occurrences(shift, from, until) }))
        .filter(({ occurrences }) => occurrences.length > 0),
    );
  }

  #occurrences(shift: Shift, from: number, until: number): Span[] {
    const found: Span[] = [];
    const time = shift.starts_at.slice(10);
    const on = /BYDAY=([A-Z,]+)/.exec(shift.rule ?? '')?.[1]?.split(',');
    const last = /UNTIL=(\d{8})/.exec(shift.rule ?? '')?.[1] ?? '99991231';
    for (let day = Date.parse(wallClock('UTC', from - 2 * DAY).slice(0, 10)); day < until + DAY; day += DAY) {
      const date = new Date(day).toISOString().slice(0, 10);
      const falls = on === undefined ? date === shift.starts_at.slice(0, 10) : on.includes(DAYS[(new Date(day).getUTCDay() + 6) % 7] as string);
      if (!falls || date < shift.starts_at.slice(0, 10) || date.replaceAll('-', '') > last || shift.skipped.includes(date)) continue;
      const wall = `${date}${time}`;
      const span = { from: instantOf(shift.zone, wall), until: instantOf(shift.zone, wallEnd(wall, shift.minutes)) };
      if (span.from < until && span.until > from) found.push(span);
    }
    return found;
  }
}

function coverageOf(rows: MediatorRow[], shifts: ShiftRow[], from: number, hours: number, zone: string): CoverageView {
  const start = Math.floor(from / HOUR) * HOUR;
  const speaks = new Map(rows.map(({ mediator }) => [mediator.id, new Set(mediator.languages.map(({ tag }) => primary(tag)))]));
  const counts = new Map<string, { speakers: number; on_shift: number[]; on_call: number[] }>();
  for (const languages of speaks.values()) {
    for (const language of languages) {
      const known = counts.get(language) ?? { speakers: 0, on_shift: Array<number>(hours).fill(0), on_call: Array<number>(hours).fill(0) };
      known.speakers += 1;
      counts.set(language, known);
    }
  }
  for (const { shift, occurrences } of shifts) {
    for (const { from: begin, until } of occurrences) {
      for (let n = Math.max(0, Math.ceil((begin - start) / HOUR)); n < Math.min(hours, Math.floor((until - start) / HOUR)); n += 1) {
        for (const language of speaks.get(shift.mediator) ?? []) {
          const row = counts.get(language)?.[shift.duty];
          if (row !== undefined) row[n] = (row[n] ?? 0) + 1;
        }
      }
    }
  }
  const languages = [...counts].map(([language, row]) => ({
    language,
    ...row,
    needed: Array<number>(hours).fill(1),
    gaps: row.on_shift.flatMap((n, hour) => (n === 0 ? [hour] : [])),
  }));
  languages.sort((a, b) => b.gaps.length - a.gaps.length || a.language.localeCompare(b.language));
  const at = (n: number) => start + n * HOUR;
  return { zone, hours: Array.from({ length: hours }, (_, n) => ({ at: at(n), local: wallClock(zone, at(n)) })), languages };
}

const request = (source: string, minor = false) => ({
  languages: { source, target: 'en' },
  gender_wish: minor ? ('female' as const) : null,
  label: 'victim' as const,
  minor,
  transcription_wished: false,
  case: null,
  circumstances: [],
  specialisms: minor ? (['minors'] as Specialism[]) : [],
  agency: null,
  country: null,
  booked: null,
});

function bookingsOf(rows: MediatorRow[]): BookingView[] {
  const alias = (n: number) => rows[n]?.mediator.alias ?? 'Alias';
  const who = (n: number, state: BookingView['offers'][number]['state']) => ({ mediator: id(10_000 + n), alias: alias(n), state });
  const later = (hours: number, minutes = 90): Span => {
    const from = Math.ceil(now / HOUR) * HOUR + hours * HOUR;
    return { from, until: from + minutes * 60_000 };
  };
  const booking = (n: number, agency: string, source: string, span: Span, more: Partial<BookingView>): BookingView => ({
    id: id(n),
    officer_account: id(1),
    agency,
    request: request(source, n === 1),
    span,
    state: 'seeking',
    escalated: false,
    asked: 0,
    alias: null,
    session: null,
    offers: [],
    log: [],
    ...more,
  });
  const asked = (...people: number[]) => people.map((n) => who(n, 'offered'));
  return [
    booking(1, 'AL-BORDER', 'ps', later(3), { escalated: true, asked: 2, offers: [who(3, 'declined'), ...asked(5, 6)] }),
    booking(2, 'RS-BORDER', 'ar', later(20, 60), {
      state: 'confirmed',
      alias: alias(2),
      offers: [who(2, 'accepted'), who(4, 'withdrawn')],
    }),
    booking(3, 'XK-POLICE', 'tr', later(49, 120), { asked: 3, offers: asked(7, 8, 9) }),
    booking(4, 'MK-ASYLUM', 'so', later(-30), { state: 'unfilled', escalated: true }),
  ];
}

function loansOf(rows: MediatorRow[]): LoanView[] {
  const lendable = (n: number) => {
    const mediator = (rows[n] ?? rows[0] as MediatorRow).mediator;
    return { mediator: mediator.id, alias: mediator.alias, languages: mediator.languages, qualification: mediator.qualification, specialisms: mediator.specialisms, cleared: n % 4 !== 3, cleared_until: now + 200 * DAY };
  };
  const window = { from: now - 3 * DAY, until: now + 11 * DAY };
  type State = LoanView['state'];
  const loan = (n: number, lender: string, borrower: string, state: State, max: number | null, used: number): LoanView => ({
    id: id(50 + n),
    lender,
    borrower,
    state,
    limits: { mediators: [id(n)], window, max_minutes: max },
    used_minutes: used,
    mediators: [lendable(n), lendable(n + 2)],
    log: [],
  });
  return [
    loan(1, 'AL-BORDER', 'ME-PROSECUTOR', 'requested', 600, 0),
    loan(2, 'XK-POLICE', 'AL-BORDER', 'approved', 480, 310),
    loan(3, 'RS-BORDER', 'BA-POLICE', 'ended', null, 95),
  ];
}

function reports(): ReportView {
  const languages = ['ar', 'ps', 'prs', 'sq', 'tr', 'ur', 'so', 'ti', 'ckb'].map((language, n) => {
    const requests = Math.round(240 / (n + 1));
    const answered = Math.round(requests * ([0.99, 0.9, 0.97, 1, 0.98, 0.86, 0.7, 0.55, 0.93][n] ?? 1));
    const share = { answered_within_30s: Math.round(answered * 0.96), fill_rate: answered / requests };
    return { language, requests, answered, ...share, wait_p50_s: 8 + n * 3, wait_p95_s: 21 + n * 17 };
  });
  const sum = (figure: 'requests' | 'answered' | 'answered_within_30s') => languages.reduce((all, row) => all + row[figure], 0);
  const [requests, answered, answered_within_30s] = [sum('requests'), sum('answered'), sum('answered_within_30s')];
  const all = { requests, answered, answered_within_30s, fill_rate: answered / requests, wait_p50_s: 11, wait_p95_s: 74 };
  const mediators = COLOURS.map((colour, n) => ({
    mediator: id(n),
    alias: `${colour} ${THINGS[n % 11]}`,
    calls: 60 - n * 4,
    hours: 41 - n * 3.2,
  }));
  return { from: 0, until: Date.now(), all, languages, mediators };
}

function importReport(csv: string, commit: boolean): ImportReport {
  const table = readCsv(csv);
  const at = table.header.indexOf('languages');
  const rows = table.rows.flatMap(({ line, cells }) => {
    if (cells.join('') === '') return [];
    const bad = !/^\w[\w-]+:(native|fluent|working)(; *\w[\w-]+:(native|fluent|working))+$/.test(cells[at] ?? '');
    const message = `'${cells[at]}': write two languages at least, such as sq:native; en:fluent`;
    return [{ line, alias: cells[0] ?? '', verdict: bad ? ('error' as const) : ('new' as const), changes: [], errors: bad ? [{ column: 'languages', message }] : [] }];
  });
  return { rows, committed: commit && rows.every(({ errors }) => errors.length === 0) };
}

/** A relay's answers about this roster. */
export function callsFor(rows: MediatorRow[]): BoardCalls {
  const shifts = new Shifts(rows);
  const bookings = bookingsOf(rows);
  const loans = loansOf(rows);
  const covered = (from: number, hours: number, zone: string) =>
    shifts.kept(`covered ${from} ${hours} ${zone}`, () => coverageOf(rows, shifts.rows(from, from + hours * HOUR), from, hours, zone));
  const soon = <T,>(answer: T): Promise<T> => Promise.resolve(answer);
  const one = <T extends { id: string }>(list: T[], wanted: string, change: Partial<T>): Promise<T> => {
    const found = list.find((item) => item.id === wanted) as T;
    return soon(Object.assign(found, change));
  };
  return {
    ...outsideCalls(rows, AGENCIES, ZONE, (order) => shifts.add(order)),
    ...glossaryCalls(),
    addMediator: (form) => soon({ login: null, mediator: { id: id(1), ...form } }),
    changeMediator: (who, form) => soon({ login: null, mediator: { id: who, ...form } }),
    readPrivate: () => soon({ name: 'Ana Example', phone: '+355 69 000 0000', email: null, notes: 'Prefers nights.' }),
    writePrivate: (_, details) => soon(details),
    privateLog: () =>
      soon([
        { at: Date.now() - HOUR, by: null, what: 'disclosure' as const },
        { at: Date.now() - 30 * HOUR, by: 'roster', what: 'consultation' as const },
        { at: Date.now() - 31 * HOUR, by: 'roster', what: 'alteration' as const },
      ]),
    importRoster: (csv, commit) => soon(importReport(csv, commit)),
    exportRoster: () => soon(new Blob(['alias,languages,qualification\r\n'])),
    shifts: (from, until) => soon(shifts.rows(from, until)),
    addShift: (order) => soon(shifts.add(order)),
    changeShift: (shift, order) => soon(shifts.change(shift, (before) => ({ ...before, ...order.shift })) as Shift),
    removeShift: (shift) => soon(void shifts.change(shift, () => undefined)) as Promise<undefined>,
    skipShift: (shift, date) => soon(shifts.change(shift, (before) => ({ ...before, skipped: [...before.skipped, date] })) as Shift),
    coverage: (from, hours, zone, minimum) => {
      const view = covered(from, hours, zone);
      if (minimum === 1) return soon(view);
      // Calls come by day, and for every third language by night.
      const languages = view.languages.map((row, n) => {
        const needed = row.needed.map((_, hour) => (n % 3 === 0 || (hour % 24 > 7 && hour % 24 < 20) ? 1 : 0));
        return { ...row, needed, gaps: row.gaps.filter((hour) => needed[hour] === 1) };
      });
      return soon({ ...view, languages });
    },
    fill: (language, hour) => {
      const there = (span: Span) => span.from <= hour && span.until > hour;
      const today = dayStart(ownZone(), now);
      const on = shifts.rows(today, today + 336 * HOUR).filter(({ occurrences }) => occurrences.some(there));
      const speakers = rows.filter(({ mediator }) => mediator.languages.some(({ tag }) => primary(tag) === language));
      const dutyOf = new Map(on.map(({ shift }) => [shift.mediator, shift.duty]));
      const doing = (duty: string | undefined) => speakers.filter(({ mediator }) => dutyOf.get(mediator.id) === duty);
      const ids = (people: MediatorRow[]) => people.map(({ mediator }) => mediator.id);
      const others = doing(undefined)
        .slice(0, 12)
        .map(({ mediator }, n): FillView['others'][number] => ({
          mediator: mediator.id,
          alias: mediator.alias,
          fits: n % 4 !== 3,
          level: mediator.languages[0]?.level ?? 'fluent',
          minutes_that_day: n % 2 === 0 ? 0 : 240,
          reasons: n % 4 === 3 ? ['too_little_rest'] : n % 2 === 0 ? ['free_that_day'] : ['shift_adjoins'],
        }))
        .sort((a, b) => Number(b.fits) - Number(a.fits));
      return soon({ language, hour, on_shift: ids(doing('on_shift')), on_call: ids(doing('on_call')), others });
    },
    forecast: (from, hours) => {
      const coverage = covered(from, hours, ZONE);
      const languages = coverage.languages.map((row, n) => ({
        language: row.language,
        requests_seen: 240 >> n,
        expected_calls: row.on_shift.map((_, hour) => Math.max(0.02, (1 + Math.sin((hour % 24) / 4)) / (n + 2))),
        answered_within_30s: row.on_shift.map((there, hour) => 1 - 0.9 * 0.35 ** (there + (row.on_call[hour] ?? 0) * 0.4)),
      }));
      const assumptions = {
        service_seconds: 2400,
        patience_seconds: 180,
        pick_up_seconds: 6,
        answer_within_seconds: 30,
        on_shift_answers: 0.9,
        on_call_answers: 0.5,
      };
      return soon({ from, weeks_seen: 26, assumptions, languages });
    },
    candidates: () => soon(candidatesOf(rows)),
    ring: () => soon(undefined),
    bookings: () => soon(bookings),
    assignBooking: (booking, mediator) => one(bookings, booking, { state: 'confirmed', escalated: false, alias: rows.find((row) => row.mediator.id === mediator)?.mediator.alias ?? null }),
    cancelBooking: (booking) => one(bookings, booking, { state: 'cancelled', escalated: false }),
    loans: () => soon(loans),
    lendable: () => soon(loans[0]?.mediators ?? []),
    requestLoan: () => soon(loans[0] as LoanView),
    decideLoan: (loan, what) => one(loans, loan, { state: what === 'approve' ? 'approved' : what === 'refuse' ? 'refused' : 'revoked' }),
    reports: () => soon(reports()),
    reportsFile: () => soon(new Blob(['language,requests\r\n'])),
  };
}
