/** The calls of `/api/v1`, one function each. */
import type {
  AccountForm,
  AccountRow,
  BookingForm,
  BookingView,
  InviteRequest,
  Joined,
  LanguageChoice,
  LinkInfo,
  LinkMade,
  Me,
  Profile,
  MediatorRow,
  MyBooking,
  PushKey,
  PushSubscriptionEnd,
  PushSubscriptionForm,
  SessionCreated,
  SessionForm,
  SessionRow,
  Shift,
  ShiftForm,
  ShiftRow,
  Term,
} from '../wire';
import { call, fetchFile } from './http';

export const api = {
  me: () => call<Me>('GET', '/me'),
  login: (login: string, password: string) => call<Me>('POST', '/login', { login, password }),
  logout: () => call<undefined>('POST', '/logout'),
  participant: () => call<Joined>('GET', '/participant'),

  inspectLink: (secret: string) => call<LinkInfo>('POST', '/links/inspect', { secret }),
  enrol: (secret: string, password: string) => call<Me>('POST', '/links/enrol', { secret, password }),
  signInByLink: (secret: string) => call<Me>('POST', '/links/sign-in', { secret }),
  join: (secret: string) => call<Joined>('POST', '/links/join', { secret }),

  languages: () => call<LanguageChoice[]>('GET', '/languages'),
  createSession: (request: SessionForm) => call<SessionCreated>('POST', '/sessions', request),
  sessions: () => call<SessionRow[]>('GET', '/sessions'),
  invite: (session: string, request: InviteRequest) => call<LinkMade>('POST', `/sessions/${session}/links`, request),
  record: (session: string, reason: string) =>
    fetchFile(`/sessions/${session}/record?${new URLSearchParams({ reason })}`),

  glossary: (session: string) => call<Term[]>('GET', `/sessions/${session}/glossary`),

  bookings: () => call<BookingView[]>('GET', '/bookings'),
  book: (form: BookingForm) => call<BookingView>('POST', '/bookings', form),
  cancelBooking: (id: string, reason: string) => call<BookingView>('POST', `/bookings/${id}/cancel`, { reason }),
  beginBooking: (id: string) => call<SessionCreated>('POST', `/bookings/${id}/begin`),

  myBookings: () => call<MyBooking[]>('GET', '/my/bookings'),
  acceptBooking: (id: string) => call<MyBooking>('POST', `/my/bookings/${id}/accept`),
  declineBooking: (id: string) => call<MyBooking>('POST', `/my/bookings/${id}/decline`),
  giveBookingBack: (id: string, reason: string) =>
    call<MyBooking>('POST', `/my/bookings/${id}/give-back`, reason === '' ? {} : { reason }),
  myShifts: (from: number, until: number) =>
    call<ShiftRow[]>('GET', `/my/shifts?${new URLSearchParams({ from: String(from), until: String(until) })}`),
  addMyShift: (form: ShiftForm) => call<Shift>('POST', '/my/shifts', form),
  skipMyShift: (id: string, date: string) => call<Shift>('POST', `/my/shifts/${id}/skip`, { date }),

  pushKey: () => call<PushKey>('GET', '/push/key'),
  ringDevice: (form: PushSubscriptionForm) => call<undefined>('POST', '/push/subscriptions', form),
  ringDeviceNoMore: (end: PushSubscriptionEnd) => call<undefined>('DELETE', '/push/subscriptions', end),

  mediators: () => call<MediatorRow[]>('GET', '/mediators'),
  addMediator: (form: Profile) => call<MediatorRow>('POST', '/mediators', form),
  changeMediator: (id: string, form: Profile) => call<MediatorRow>('PUT', `/mediators/${id}`, form),
  accounts: () => call<AccountRow[]>('GET', '/accounts'),
  createAccount: (form: AccountForm) => call<LinkMade>('POST', '/accounts', form),
};
