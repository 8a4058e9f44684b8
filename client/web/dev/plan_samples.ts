/** Sessions planned ahead and shifts, as a relay would send them to an officer and to a mediator. */
import type { BookingView, Duty, MyBooking, ShiftRow, Span } from '../src/wire';
import { id } from './samples';

const HOUR = 3_600_000;
/** The next full hour. */
const hour = Math.ceil(Date.now() / HOUR) * HOUR;
const span = (hours: number, minutes = 60): Span => ({
  from: hour + hours * HOUR,
  until: hour + hours * HOUR + minutes * 60_000,
});

const booking = (n: number, source: string, at: Span, more: Partial<BookingView> = {}): BookingView => ({
  id: id(200 + n),
  officer_account: id(1),
  agency: 'AL-BORDER',
  request: {
    languages: { source, target: 'en' },
    gender_wish: null,
    label: 'victim',
    minor: false,
    transcription_wished: false,
    agency: 'AL-BORDER',
    country: 'AL',
    case: null,
    circumstances: [],
    specialisms: [],
    booked: null,
  },
  span: at,
  state: 'seeking',
  escalated: false,
  asked: 2,
  alias: null,
  session: null,
  offers: [],
  log: [],
  ...more,
});

const soon: Span = { from: Date.now() + 9 * 60_000, until: Date.now() + 69 * 60_000 };

export const bookings: BookingView[] = [
  booking(1, 'sq', soon, { state: 'confirmed', alias: 'Blue Heron' }),
  booking(2, 'ps', span(1), { escalated: true, asked: 1 }),
  booking(3, 'ar', span(26, 90)),
  booking(4, 'so', span(50), { asked: 0 }),
  booking(5, 'tr', span(-5), { state: 'unfilled', escalated: true, asked: 0 }),
];

/** Two that need nothing: the usual morning. */
export const quietBookings: BookingView[] = [
  booking(1, 'sq', span(3), { state: 'confirmed', alias: 'Blue Heron' }),
  booking(3, 'ar', span(26, 90)),
];

const mine = (n: number, at: Span, more: Partial<MyBooking> = {}): MyBooking => ({
  id: id(220 + n),
  span: at,
  languages: { source: 'sq', target: 'en' },
  label: 'victim',
  minor: false,
  offer: 'offered',
  state: 'seeking',
  reminded: null,
  ...more,
});

export const myBookings: MyBooking[] = [
  mine(1, span(4), { minor: true }),
  mine(2, span(22, 90), { offer: 'accepted', state: 'confirmed', label: 'witness' }),
];

const shift = (n: number, duty: Duty, starts: string, rule: string | null, ...occurrences: Span[]): ShiftRow => ({
  shift: {
    id: id(240 + n),
    mediator: id(2),
    starts_at: starts,
    zone: 'Europe/Tirane',
    minutes: 480,
    rule,
    skipped: [],
    duty,
  },
  occurrences,
});

export const myShifts: ShiftRow[] = [
  shift(1, 'on_shift', '2026-03-02T08:00:00', 'FREQ=WEEKLY;BYDAY=MO,TU,TH', span(20, 480), span(44, 480), span(92, 480)),
  shift(2, 'on_call', '2026-03-07T22:00:00', null, span(60, 480)),
];
