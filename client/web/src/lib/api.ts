/** The calls of `/api/v1`, one function each. */
import type {
  AccountForm,
  AccountRow,
  InviteRequest,
  Joined,
  LanguageChoice,
  LinkInfo,
  LinkMade,
  Me,
  Profile,
  MediatorRow,
  SessionCreated,
  SessionForm,
  SessionRow,
} from '../wire';
import { call, fetchFile } from './http';
import type {
  CoverageView,
  FeedMade,
  FeedOf,
  FeedRow,
  FillView,
  ImportForm,
  ImportReport,
  Shift,
  ShiftOrder,
  ShiftRow,
} from './planner_types';

const query = (values: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]));

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

  mediators: () => call<MediatorRow[]>('GET', '/mediators'),
  addMediator: (form: Profile) => call<MediatorRow>('POST', '/mediators', form),
  changeMediator: (id: string, form: Profile) => call<MediatorRow>('PUT', `/mediators/${id}`, form),
  accounts: () => call<AccountRow[]>('GET', '/accounts'),
  createAccount: (form: AccountForm) => call<LinkMade>('POST', '/accounts', form),

  coverage: (from: number, hours: number, zone: string) =>
    call<CoverageView>('GET', `/coverage?${query({ from, hours, zone })}`),
  fill: (language: string, hour: number, zone: string) =>
    call<FillView>('GET', `/coverage/fill?${query({ language, hour, zone })}`),
  shifts: (from: number, until: number) => call<ShiftRow[]>('GET', `/shifts?${query({ from, until })}`),
  addShift: (order: ShiftOrder) => call<Shift>('POST', '/shifts', order),
  changeShift: (id: string, order: ShiftOrder) => call<Shift>('PUT', `/shifts/${id}`, order),
  skipShift: (id: string, date: string) => call<Shift>('POST', `/shifts/${id}/skip`, { date }),
  removeShift: (id: string) => call<undefined>('DELETE', `/shifts/${id}`),
  importShifts: (form: ImportForm) => call<ImportReport>('POST', '/shifts/import', form),
  feeds: () => call<FeedRow[]>('GET', '/feeds'),
  makeFeed: (of: FeedOf) => call<FeedMade>('POST', '/feeds', of),
  revokeFeed: (id: string) => call<undefined>('DELETE', `/feeds/${id}`),
};
