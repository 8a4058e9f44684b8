/** Views as a relay would send them, for looking at screens. */
import type {
  AccountRow,
  InterpretingView,
  LanguageChoice,
  LanguageNote,
  LinkMade,
  OfferStatusView,
  ParticipantView,
  Phase,
  RingingView,
  Role,
  ScribePace,
  SessionRow,
  SessionSummary,
  SessionView,
} from '../src/wire';
import type { Captions } from '../src/lib/captions';
import { SEED_TAGS } from '../src/lib/languages';
import { QUIET, turn } from './floor_samples';

const now = Date.now();
export const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const languages: LanguageChoice[] = SEED_TAGS.filter((tag) => tag !== 'en').map((tag, index) => ({
  tag,
  on_roster: index < 24 ? 1 + (index % 4) : 0,
}));
export const reachable = languages.map(({ tag, on_roster }, index) => ({
  language: tag,
  ready: index % 3 === 1 ? 0 : Math.min(on_roster, 2),
  on_roster,
}));

export const summaries: SessionSummary[] = (['live', 'ringing', 'stopped'] as Phase[]).map((phase, index) => ({
  id: id(index + 1),
  phase,
  languages: { source: ['sq', 'prs', 'ar'][index] ?? 'sq', target: 'en' },
  requested_at: now - 600_000 * (index + 1),
  connected: 3 - index,
  mediator_alias: index === 1 ? null : ['Blue Heron', '', 'Quiet River'][index] ?? null,
  transcription_agreed: index === 0,
  no_answer: index === 1 ? 'all_busy' : null,
  place_in_line: index === 1 ? 1 : null,
  coordinator_called: index === 1,
}));

export const past: SessionRow[] = [1, 2, 3].map((n) => ({
  id: id(40 + n),
  phase: n === 3 ? 'abandoned' : 'sealed',
  source: ['sq', 'ar', 'ps'][n - 1] ?? 'sq',
  target: 'en',
  requested_at: now - n * 86_400_000,
  ended_at: now - n * 86_400_000 + 1_800_000,
}));

/** Not a code that can be read, but one that looks like it. */
const cells = Array.from({ length: 29 * 29 }, (_, i) => ((i * 7919 + (i % 29) * 104729) % 13 < 6 ? i : -1));
const dots = cells.filter((i) => i >= 0).map((i) => `<rect x="${i % 29}" y="${Math.floor(i / 29)}" width="1" height="1"/>`);
export const link: LinkMade = {
  url: 'https://relay.example.org/#/link/Zk1Jx2mB9uTt0aQ4sW8eYcVn3LrHdGf6PiOoKjUhTgE',
  qr_svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><rect width="29" height="29" fill="#fff"/>${dots.join('')}</svg>`,
  expires_at: now + 870_000,
};

const participant = (n: number, role: Role, more: Partial<ParticipantView> = {}): ParticipantView => ({
  id: id(n),
  role,
  alias: role === 'mediator' ? 'Blue Heron' : null,
  language: 'en',
  connected: true,
  left: false,
  muted: false,
  quality: 'good',
  scribe: null,
  ...more,
});
const officer = participant(1, 'officer');
const mediator = participant(2, 'mediator', { quality: 'weak' });
const interviewee = participant(3, 'interviewee', { language: 'sq' });
const observer = participant(4, 'observer', { connected: false, quality: null });

/** A device that writes, and how it keeps up. */
export const scribe = (pace: ScribePace, notes: LanguageNote[] = []) =>
  participant(5, 'scribe', { quality: null, scribe: { pace, model: 'sample', notes } });

const offer = (n: number, more: Partial<OfferStatusView>): OfferStatusView => ({
  offer: n,
  alias: ['Blue Heron', 'Quiet River', 'North Star', 'Olive Tree'][n - 1] ?? 'Alias',
  qualification: 'interpreter',
  gender: 'female',
  place: 0,
  state: 'ringing',
  reasons: [{ reason: 'speaks_pair' }, { reason: 'native_level' }],
  expires_at: now + 21_000,
  ...more,
});

const widenings = [
  { how: 'drop_gender_wish', via: null, would_reach: 4 },
  { how: 'allow_adjacent_language', via: null, would_reach: 2 },
  { how: 'pivot', via: 'tr', would_reach: 1 },
  { how: 'ring_again', via: null, would_reach: 0 },
];

const search = (ringing: boolean): Omit<RingingView, 'offers' | 'widenings'> => ({
  wave: ringing ? 1 : 2,
  left_to_ring: ringing ? 2 : 0,
  no_answer: ringing ? null : 'all_busy',
  place_in_line: ringing ? null : 2,
  usual_wait: { nine_of_ten_seconds: 18, calls: 42 },
  coordinator_called: !ringing,
});

/** What each role may do, in an ordinary moment. */
function interpretingOf(as: Role): Partial<InterpretingView> {
  if (as === 'officer') return { listens_to: 'en', may_speak_aside_with: [id(2)] };
  if (as === 'mediator') return { speaks_into: 'en', may_speak_into: ['sq', 'en'], may_speak_aside_with: [id(1)] };
  return { listens_to: as === 'interviewee' ? 'sq' : 'en' };
}

export function session(phase: Phase, as: Role, more: Partial<SessionView> = {}): SessionView {
  const searching = phase === 'ringing' || phase === 'unanswered';
  const offers =
    phase === 'ringing'
      ? [offer(1, { state: 'declined' }), offer(2, { qualification: 'sworn_interpreter', reasons: [{ reason: 'speaks_pair' }, { reason: 'sworn' }] }), offer(3, {})]
      : [offer(1, { state: 'declined' }), offer(2, { state: 'expired' }), offer(3, { state: 'expired' })];
  return {
    id: id(100),
    you: { officer: id(1), mediator: id(2), interviewee: id(3), observer: id(4), scribe: id(5) }[as],
    role: as,
    phase,
    languages: { source: 'sq', target: 'en' },
    adjacent_language: null,
    via: null,
    label: 'victim',
    participants: searching ? [officer] : [officer, mediator, interviewee, observer],
    consents: searching
      ? []
      : [
          { kind: 'interpreting', agreed: true, means: 'own_screen', at: now },
          { kind: 'transcription', agreed: true, means: 'own_screen', at: now },
        ],
    transcription_wished: true,
    transcribing: !searching,
    interpreting: { ...QUIET, ...interpretingOf(as), turns: as === 'officer' || as === 'mediator' ? [turn({ on_turn: id(2), since: now - 754_000 })] : [] },
    ringing: searching && as === 'officer' ? { ...search(phase === 'ringing'), offers, widenings } : null,
    requested_at: now - 24_000,
    live_since: searching ? null : now - 754_000,
    ...more,
  };
}

export const captions = [
  [3, 'sq', 'Emri im është Ana. Jam nga një fshat afër Kukësit.'],
  [2, 'en', 'My name is Ana. I am from a village near Kukës.'],
  [1, 'en', 'Thank you. Do you feel safe at this moment?'],
].map(([who, language, text], index) => ({
  speaker: id(Number(who)),
  language: String(language),
  text: String(text),
  started_at: now - 30_000 + index * 8000,
  ended_at: now - 26_000 + index * 8000,
  model: 'sample',
  status: 'machine_draft' as const,
  words: String(text)
    .split(' ')
    .map((word, at) => ({ text: word, from_ms: at * 300, until_ms: at * 300 + 300, sure: word === 'Kukësit.' ? 30 : 90 })),
}));

/** The same while more is being said, and after something could not be followed. */
export const written: Captions = {
  entries: [
    ...captions.map((line) => ({ kind: 'line' as const, line })),
    { kind: 'gap', gap: { speaker: id(2), started_at: now - 9000, ended_at: now - 4000, why: 'too_slow' } },
  ],
  drafts: [
    {
      speaker: id(3),
      language: 'sq',
      settled: 'Po, por kam frikë për',
      open: 'vëllain tim',
      started_at: now - 2000,
      until: now,
      model: 'sample',
    },
  ],
};

/** With rough translations of the first and the last line; an interviewee speaks Arabic there. */
export const withGists: Captions = {
  entries: [
    {
      kind: 'line',
      line: { ...captions[0], language: 'ar', text: 'اسمي أمل. أنا من قرية قريبة من حلب، ووصلت في الشتاء.', words: [] } as (typeof captions)[0],
      gist: { speaker: id(3), started_at: captions[0]?.started_at ?? 0, text: 'My name is Amal. I am from a village near Aleppo and arrived in winter.', model: 'sample' },
    },
    ...captions.slice(1).map((line) => ({ kind: 'line' as const, line })),
    {
      kind: 'line',
      line: { ...captions[0], language: 'ar', text: 'نعم، لكنني أخاف على أخي.', started_at: now - 6000, ended_at: now - 3000, words: [] } as (typeof captions)[0],
      gist: { speaker: id(3), started_at: now - 6000, text: 'Yes, but I fear for my brother.', model: 'sample' },
    },
  ],
  drafts: [],
};

const summary = (n: number, phase: Phase, source: string, seconds: number, more: Partial<SessionSummary> = {}): SessionSummary => ({
  id: id(60 + n),
  phase,
  languages: { source, target: n % 2 === 0 ? 'en' : 'sq' },
  requested_at: now - seconds * 1000,
  connected: 1,
  mediator_alias: null,
  transcription_agreed: false,
  no_answer: null,
  place_in_line: null,
  coordinator_called: false,
  ...more,
});

/** An evening on which something needs a coordinator. */
export const boardSessions: SessionSummary[] = [
  summary(1, 'ringing', 'ar', 12),
  summary(2, 'unanswered', 'so', 312, { no_answer: 'nobody_suitable', coordinator_called: true }),
  summary(3, 'unanswered', 'ps', 95, { no_answer: 'all_busy', place_in_line: 2 }),
  summary(4, 'live', 'prs', 1905, { mediator_alias: 'Blue Heron', connected: 4 }),
  summary(5, 'stopped', 'tr', 731, { mediator_alias: 'Quiet River', connected: 3 }),
  summary(6, 'briefing', 'ur', 64, { mediator_alias: 'Stone Cedar', connected: 2 }),
  summary(7, 'live', 'ckb', 4120, { mediator_alias: 'Early Swift', connected: 3 }),
];

export const accounts: AccountRow[] = [
  { id: id(1), login: 'border.north', role: 'officer', enrolled: true, agency: 'AL-BORDER' },
  { id: id(2), login: 'roster', role: 'coordinator', enrolled: false },
  { id: id(3), login: 'm.1', role: 'mediator', enrolled: true },
];
