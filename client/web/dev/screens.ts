/** Every screen of the gallery by its name. */
import { mount, type Component, type ComponentProps } from 'svelte';
import Enrol from '../src/screens/Enrol.svelte';
import GuestMessage from '../src/screens/GuestMessage.svelte';
import GuestSession from '../src/screens/GuestSession.svelte';
import GuestWelcome from '../src/screens/GuestWelcome.svelte';
import IncomingCall from '../src/screens/IncomingCall.svelte';
import Login from '../src/screens/Login.svelte';
import MediatorHome from '../src/screens/MediatorHome.svelte';
import OfficerHome from '../src/screens/OfficerHome.svelte';
import SessionOver from '../src/screens/SessionOver.svelte';
import StaffSession from '../src/screens/StaffSession.svelte';
import { ApiError } from '../src/lib/http';
import { words } from '../src/i18n/index.svelte';
import type { SessionView } from '../src/wire';
import type { Tab } from '../src/lib/board/tabs';
import SampleBoard from './SampleBoard.svelte';
import { terms } from './glossary_samples';
import { floorScreens } from './floor_screens';
import * as plans from './plan_samples';
import * as sample from './samples';
import { myChecks } from './transcript_samples';
import { transcriptScreens } from './transcript_screens';

const nothing = () => undefined;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any component, whatever its props
function show<C extends Component<any>>(component: C, props: ComponentProps<C>) {
  return (target: HTMLElement) => void mount(component, { target, props });
}

function staff(view: SessionView, more: object = {}) {
  return show(StaffSession, {
    view,
    levels: view.phase === 'live' ? { [sample.id(2)]: 3 } : {},
    quality: 'good',
    volumes: {},
    muted: false,
    microphone: 'open',
    captions: sample.written,
    invitation: sample.link,
    oninvite: () => Promise.resolve(sample.link),
    onexpired: nothing,
    onwiden: nothing,
    onconsent: nothing,
    onmute: nothing,
    under: -18,
    onunder: nothing,
    onact: nothing,
    oncough: nothing,
    onmicrophone: nothing,
    onvolume: nothing,
    onstop: nothing,
    onend: nothing,
    ondismiss: nothing,
    ...more,
  });
}

function guest(view: SessionView, more: object = {}) {
  return show(GuestSession, {
    view,
    levels: { [sample.id(2)]: 2 },
    muted: false,
    microphone: 'open',
    caption: undefined,
    stopped: view.phase === 'stopped',
    paused: view.phase === 'paused',
    under: -18,
    onpause: nothing,
    onunder: nothing,
    onact: nothing,
    reconnecting: false,
    onconsent: nothing,
    onstop: nothing,
    onmute: nothing,
    onmicrophone: nothing,
    ...more,
  });
}

const board = (tab: Tab, more: object = {}) => show(SampleBoard, { tab, ...more });

const officer = (more: object = {}) =>
  show(OfficerHome, {
    languages: sample.languages,
    reachable: sample.reachable,
    sessions: [],
    past: sample.past,
    bookings: [],
    target: 'en',
    away: 'off',
    onaway: nothing,
    oncall: nothing,
    onplan: () => Promise.resolve(),
    onbegin: nothing,
    oncancelplan: () => Promise.resolve(),
    onopen: nothing,
    onsignout: nothing,
    ...more,
  });

/** What the relay says to a yes that came too late. */
const taken = () => Promise.reject(new ApiError({ code: 'booking_not_offered', message: '' }, 409));

const mediator = (ready: boolean, more: object = {}) =>
  show(MediatorHome, {
    desk: { ready, availability: ready ? 'ready' : 'away', missed_calls: !ready, barred: [], offers: [], current: null },
    away: 'off',
    bookings: [],
    shifts: [],
    plans: { accept: taken, decline: taken, giveBack: taken, skip: taken, add: taken },
    onaway: nothing,
    onready: nothing,
    onopen: nothing,
    onsound: nothing,
    onsignout: nothing,
    ...more,
  });

const arabic = (as: 'officer' | 'mediator') => {
  const view = sample.session('live', as, { languages: { source: 'ar', target: 'en' } });
  return { ...view, participants: view.participants.map((one) => (one.role === 'interviewee' ? { ...one, language: 'ar' } : one)) };
};

const interpreting = sample.session('live', 'interviewee').consents.slice(0, 1);

export const SCREENS: Record<string, (target: HTMLElement) => void> = {
  login: show(Login, { busy: false, problem: { code: 'wrong_login', message: '' }, onlogin: nothing }),
  enrol: show(Enrol, { login: 'border.north', busy: false, problem: undefined, onenrol: nothing }),
  officer: officer(),
  'officer-again': officer({
    sessions: sample.summaries.slice(0, 1),
    reconnecting: true,
    problem: { code: 'unreachable', message: '' },
  }),
  'officer-planned': officer({ bookings: plans.quietBookings }),
  'officer-due': officer({ bookings: plans.bookings }),
  'officer-call-off': officer({ bookings: plans.quietBookings }),
  'officer-plan': officer(),
  'officer-plan-language': officer(),
  ringing: staff(sample.session('ringing', 'officer')),
  unanswered: staff(sample.session('unanswered', 'officer'), { problem: { code: 'reason_missing', message: '' } }),
  live: staff(sample.session('live', 'officer')),
  'captions-slow': staff(
    sample.session('live', 'officer', {
      participants: [
        ...sample.session('live', 'officer').participants,
        sample.scribe('too_slow', [
          { speaker: sample.id(3), what: { kind: 'sounds_like', language: 'mk' } },
          { speaker: sample.id(1), what: { kind: 'transcribed_as', language: 'sr' } },
        ]),
      ],
    }),
  ),
  stopped: staff(sample.session('stopped', 'officer'), { muted: true }),
  ...floorScreens(staff, guest),
  'live-mediator': staff(sample.session('live', 'mediator', { adjacent_language: 'bs' }), { microphone: 'denied' }),
  'live-terms': staff(arabic('officer'), { terms }),
  'live-terms-mediator': staff(arabic('mediator'), { terms }),
  'live-terms-found': staff(arabic('mediator'), { terms }),
  'captions-gist': staff(arabic('officer'), { captions: sample.withGists }),
  over: show(SessionOver, { session: sample.id(1), phase: 'sealed', mayDownload: true, onhome: nothing }),
  'mediator-off': mediator(false),
  'mediator-on': mediator(true, { soundBlocked: true }),
  'mediator-away': mediator(true, { away: 'on' }),
  'mediator-away-blocked': mediator(true, { away: 'blocked' }),
  'mediator-barred': mediator(false, {
    desk: {
      ready: false,
      availability: 'away',
      missed_calls: false,
      barred: [{ reason: 'not_vetted' }],
      offers: [],
      current: sample.id(1),
    },
  }),
  'mediator-plans': mediator(true, { bookings: plans.myBookings, shifts: plans.myShifts }),
  'mediator-plans-late': mediator(true, { bookings: plans.myBookings, shifts: plans.myShifts }),
  'mediator-give-back': mediator(true, { bookings: plans.myBookings, shifts: plans.myShifts }),
  'mediator-skip': mediator(true, { bookings: plans.myBookings, shifts: plans.myShifts }),
  'mediator-add-shift': mediator(true),
  'mediator-checks': mediator(true, { checks: myChecks }),
  ...transcriptScreens(),
  incoming: show(IncomingCall, {
    offer: {
      session: sample.id(1),
      offer: 1,
      languages: { source: 'sq', target: 'en' },
      label: 'victim' as const,
      minor: true,
      expires_at: Date.now() + 24_000,
    },
    onaccept: nothing,
    ondecline: nothing,
  }),
  now: board('now'),
  'now-ring': board('now'),
  roster: board('roster'),
  'roster-edit': board('roster'),
  'roster-import': board('roster'),
  calendar: board('calendar'),
  'calendar-language': board('calendar'),
  'calendar-shift': board('calendar'),
  'calendar-links': board('calendar'),
  'calendar-link-made': board('calendar'),
  'calendar-file': board('calendar'),
  'calendar-file-bad': board('calendar'),
  'calendar-spring': board('calendar', { at: Date.parse('2027-03-27T12:00:00Z') }),
  'calendar-autumn': board('calendar', { at: Date.parse('2026-10-24T12:00:00Z') }),
  coverage: board('coverage'),
  'coverage-hours': board('coverage'),
  'coverage-fill': board('coverage'),
  'coverage-forecast': board('coverage'),
  'coverage-forecast-hours': board('coverage'),
  bookings: board('bookings'),
  reports: board('reports'),
  glossaries: board('glossaries'),
  'glossaries-refused': board('glossaries'),
  'glossaries-shared': board('glossaries', { ofAgency: true }),
  'glossaries-remove': board('glossaries'),
  sessions: board('sessions'),
  accounts: board('accounts', { administrator: true }),
  'account-new': board('accounts', { administrator: true }),
  'account-agency': board('accounts', { administrator: true }),
  'agency-add': board('accounts', { administrator: true }),
  'agency-edit': board('accounts', { administrator: true }),
  welcome: show(GuestWelcome, { busy: false, problem: undefined, onjoin: nothing }),
  'guest-info': guest(sample.session('briefing', 'interviewee', { consents: [] })),
  'guest-transcription': guest(sample.session('live', 'interviewee', { consents: interpreting })),
  'guest-live': guest(sample.session('live', 'interviewee')),
  'guest-plain': guest(sample.session('live', 'interviewee', { transcription_wished: false, adjacent_language: 'bs' }), {
    muted: true,
    microphone: 'denied',
    reconnecting: true,
  }),
  'guest-caption': guest(sample.session('live', 'interviewee'), { caption: sample.captions[0] }),
  'guest-stopped': guest(sample.session('stopped', 'interviewee')),
  'guest-over': guest(sample.session('sealed', 'interviewee')),
  'link-used': (target) =>
    show(GuestMessage, {
      pictogram: 'no',
      title: words.guest.linkUsed,
      text: words.guest.askNewLink,
      testid: 'link-useless',
    })(target),
};
