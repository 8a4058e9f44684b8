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
  PushKey,
  PushSubscriptionEnd,
  PushSubscriptionForm,
  SessionCreated,
  SessionForm,
  SessionRow,
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

  pushKey: () => call<PushKey>('GET', '/push/key'),
  ringDevice: (form: PushSubscriptionForm) => call<undefined>('POST', '/push/subscriptions', form),
  ringDeviceNoMore: (end: PushSubscriptionEnd) => call<undefined>('DELETE', '/push/subscriptions', end),

  mediators: () => call<MediatorRow[]>('GET', '/mediators'),
  addMediator: (form: Profile) => call<MediatorRow>('POST', '/mediators', form),
  changeMediator: (id: string, form: Profile) => call<MediatorRow>('PUT', `/mediators/${id}`, form),
  accounts: () => call<AccountRow[]>('GET', '/accounts'),
  createAccount: (form: AccountForm) => call<LinkMade>('POST', '/accounts', form),
};
