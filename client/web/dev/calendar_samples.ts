/** A relay's answers about other calendars and agencies: what is made here stays until the page is loaded again. */
import type { BoardCalls } from '../src/lib/board_calls';
import { ApiError } from '../src/lib/http';
import type { Agency, FeedRow, MediatorRow, Shift, ShiftImportReport, ShiftOrder } from '../src/wire';

type Outside = Pick<
  BoardCalls,
  'importShifts' | 'feeds' | 'makeFeed' | 'revokeFeed' | 'agencies' | 'addAgency' | 'changeAgency' | 'setAgency'
>;

const DAY = 86_400_000;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const NAMES: Record<string, string> = {
  'AL-BORDER': 'Policia Kufitare',
  'BA-POLICE': 'Granična policija BiH',
  'MK-ASYLUM': 'Sector for Asylum',
  'XK-POLICE': 'Policia e Kosovës',
};

/** An event becomes a shift, every third one on call; one with extra dates (RDATE) does not. */
function report(ics: string, mediator: string, zone: string, commit: boolean): ShiftImportReport {
  const events = ics.split('BEGIN:VEVENT').slice(1);
  const field = (event: string, name: string) => new RegExp(`^${name}[^:]*:(.*)$`, 'm').exec(event)?.[1]?.trim();
  const problems = events.flatMap((event, n) =>
    /^RDATE/m.test(event)
      ? [{ event: n + 1, summary: field(event, 'SUMMARY') ?? '', message: 'it has extra dates (RDATE): add those days as shifts of their own' }]
      : [],
  );
  const shifts = events.flatMap((event, n): Shift[] => {
    const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(field(event, 'DTSTART') ?? '') ?? [];
    if (year === undefined || /^RDATE/m.test(event)) return [];
    const starts_at = `${year}-${month}-${day}T${hour}:${minute}:00`;
    const duty = n % 3 === 2 ? 'on_call' : 'on_shift';
    return [{ id: id(990_000 + n), mediator, starts_at, zone, minutes: 480, rule: field(event, 'RRULE') ?? null, skipped: [], duty }];
  });
  return { shifts, problems, committed: commit && problems.length === 0 && shifts.length > 0 };
}

export function outsideCalls(rows: MediatorRow[], codes: string[], zone: string, add: (order: ShiftOrder) => Shift): Outside {
  const soon = <T,>(answer: T): Promise<T> => Promise.resolve(answer);
  let agencies: Agency[] = codes.map((code) => ({ code, name: NAMES[code] ?? code, country: code.slice(0, 2), zone }));
  const feed = (n: number, of: FeedRow['of'], read: number | null): FeedRow => ({
    id: id(980_000 + n),
    of,
    created_at: Date.now() - (n + 1) * 40 * DAY,
    read_at: read === null ? null : Date.now() - read * DAY,
  });
  let feeds = [
    feed(0, { kind: 'agency', id: codes[0] ?? '' }, 0),
    ...(rows[3] ? [feed(1, { kind: 'mediator', id: rows[3].mediator.id }, null)] : []),
  ];
  return {
    importShifts: ({ ics, mediator, zone: floating, commit }) => {
      const found = report(ics, mediator, floating ?? zone, commit ?? false);
      if (found.committed) found.shifts.forEach((shift) => add({ mediator, shift }));
      return soon(found);
    },
    feeds: () => soon(feeds),
    makeFeed: (of) => {
      const made = { ...feed(feeds.length + 2, of, null), created_at: Date.now() };
      feeds = [made, ...feeds];
      return soon({ id: made.id, url: 'https://relay.example/feeds/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics' });
    },
    revokeFeed: (which) => soon(void (feeds = feeds.filter((one) => one.id !== which))),
    agencies: () => soon(agencies),
    addAgency: (agency) => {
      if (agencies.some(({ code }) => code === agency.code)) throw new ApiError({ code: 'agency_exists', message: '' }, 409);
      agencies = [...agencies, agency].sort((a, b) => a.code.localeCompare(b.code));
      return soon(agency);
    },
    changeAgency: (code, form) => {
      agencies = agencies.map((one) => (one.code === code ? { code, ...form } : one));
      return soon({ code, ...form });
    },
    setAgency: () => soon(undefined),
  };
}
