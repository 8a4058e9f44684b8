/** Transcripts as a relay would send them, for looking at their screens. */
import type { Comment, DocumentEntry, LineVersionText, LineWord, MyCheck, Role, SignedAt, Speaker, TranscriptDocument, TranscriptView } from '../src/wire';
import { id } from './samples';

const BEGAN = Date.parse('2026-11-29T01:12:00Z');
const MINUTE = 60_000;

const speaker = (n: number, role: Role, language: string, alias: string | null = null): Speaker => ({ id: id(n), role, language, alias });
const mediatorSigned = (minutes: number): SignedAt => ({
  by: { role: 'mediator', alias: 'Blue Heron', register_number: 'AL-2231' },
  at: BEGAN + 9 * 60 * MINUTE + minutes * MINUTE,
});
const officerSigned = (minutes: number): SignedAt => ({
  by: { role: 'officer', alias: null, register_number: minutes > 20 ? '4417' : null },
  at: BEGAN + 8 * 60 * MINUTE + minutes * MINUTE,
});

/** Words with times, of which some are doubtful. */
function wordsOf(text: string, milliseconds: number, doubtful: readonly string[]): LineWord[] {
  const all = text.split(' ');
  const each = milliseconds / all.length;
  return all.map((word, nth) => ({
    text: word,
    from_ms: Math.round(nth * each),
    until_ms: Math.round((nth + 1) * each),
    sure: doubtful.some((one) => word.includes(one)) ? 28 : 93,
  }));
}

interface More {
  doubtful?: readonly string[];
  before?: LineVersionText[];
  corrected?: SignedAt;
  certified?: SignedAt[];
  broken?: boolean;
  gist?: string;
}

function line(number: number, who: number, language: string, seconds: number, text: string, more: More = {}): DocumentEntry {
  const length = 1200 + text.length * 60;
  const machine = more.before?.[0]?.text ?? text;
  const certified = more.certified ?? [];
  return {
    kind: 'line',
    number,
    speaker: id(who),
    language,
    started_at: BEGAN + seconds * 1000,
    ended_at: BEGAN + seconds * 1000 + length,
    text,
    status: certified.length > 0 ? 'certified' : more.corrected ? 'corrected' : 'machine_draft',
    before: more.before ?? [],
    corrected: more.corrected ?? null,
    version: more.before?.length ?? 0,
    certified,
    model: 'sample',
    words: wordsOf(machine, length, more.doubtful ?? []),
    doubtful: false,
    broken_off: more.broken ?? false,
    gist: more.gist ?? null,
  };
}

const gap = (number: number, who: number, seconds: number, length: number): DocumentEntry => ({
  kind: 'gap',
  number,
  speaker: id(who),
  started_at: BEGAN + seconds * 1000,
  ended_at: BEGAN + (seconds + length) * 1000,
  why: 'too_slow',
});

const machine = (text: string): LineVersionText => ({ text, signed: null });

function document(source: string, speakers: Speaker[], entries: DocumentEntry[], comments: Comment[], minutes: number): TranscriptDocument {
  return {
    format: 'dragoman-transcript-1',
    session: id(41),
    phase: 'sealed',
    from: BEGAN,
    to: BEGAN + minutes * MINUTE,
    record: { entries: 212, chain: 'a3'.repeat(32), revisions: 9, revisions_chain: '5f'.repeat(32) },
    certificate: {
      languages: { source, target: 'en' },
      via: null,
      interpreters: [
        {
          id: id(2),
          alias: 'Blue Heron',
          register_number: 'AL-2231',
          languages: { source, target: 'en' },
          adjacent_language: null,
          turns: [{ from: BEGAN + 40_000, until: BEGAN + minutes * MINUTE }],
        },
      ],
      modes: [{ mode: 'consecutive', from: BEGAN + 40_000, until: BEGAN + minutes * MINUTE }],
    },
    speakers,
    entries,
    comments,
  };
}

const people = (language: string): Speaker[] => [
  speaker(1, 'officer', 'en'),
  speaker(2, 'mediator', 'en', 'Blue Heron'),
  speaker(3, 'interviewee', language),
  speaker(5, 'scribe', 'en'),
];

const C = { certified: [mediatorSigned(4)] };
const ALBANIAN: DocumentEntry[] = [
  line(20, 1, 'en', 62, 'Good morning. Are you well enough to talk to us now?', C),
  line(21, 2, 'sq', 67, 'Mirëmëngjes. A jeni mirë që të flasim tani?', C),
  line(22, 3, 'sq', 74, 'Po, jam mirë. Emri im është Ana, jam nga një fshat afër Kukësit.', {
    certified: [mediatorSigned(6)],
    before: [machine('Po, jam mirë. Emri im është Ana, jam nga një fshat afër kuke sit.')],
    corrected: mediatorSigned(5),
  }),
  line(23, 2, 'en', 83, 'Yes, I am well. My name is Ana, I am from a village near Kukës.', { certified: [mediatorSigned(6), officerSigned(25)] }),
  line(24, 1, 'en', 92, 'When did you arrive, and who was with you?', { doubtful: ['who'] }),
  line(25, 2, 'sq', 96, 'Kur keni ardhur dhe kush ishte me ju?'),
  line(26, 3, 'sq', 101, 'Më 12 tetor, rreth orës 23:40. Isha me vëllain tim, Besnikun, dhe me një burrë që e quanin Tixha.', {
    doubtful: ['Tixha.', '23:40.'],
  }),
  line(27, 2, 'en', 113, 'On 12 October, around 23:40. I was with my brother Besnik and a man they called Tixha.', {
    before: [machine('On 12 October, around 23:40. I was with my brother best Nick and a man they called teacher.')],
    corrected: officerSigned(12),
    doubtful: ['teacher.'],
  }),
  gap(28, 3, 126, 9),
  line(29, 3, 'sq', 137, 'Na thanë të prisnim te pika e kontrollit.', { doubtful: ['pika', 'kontrollit.'] }),
  line(30, 2, 'en', 143, 'They told us to wait at the checkpoint.', { broken: true }),
  line(31, 1, 'en', 150, 'Thank you. Do you need a break?'),
  line(32, 2, 'sq', 153, 'Faleminderit. A keni nevojë për pushim?'),
];
const comments: Comment[] = [
  {
    number: 3,
    entry: 26,
    text: '“Tixha” is what a young person in this region calls an older man who is not a relative. It need not be a name.',
    ...mediatorSigned(9),
  },
  { number: 5, entry: 28, text: 'She repeated the date here, and said that it was raining.', ...mediatorSigned(11) },
];

const checks = [{ of: id(2), alias: 'Blue Heron', asked_at: BEGAN + 8 * 60 * MINUTE + 30 * MINUTE, finished_at: null }];

export const officer: TranscriptView = {
  document: document('sq', people('sq'), ALBANIAN, comments, 64),
  you: id(1),
  your_languages: ['en'],
  checks: [],
};
export const asked: TranscriptView = { ...officer, checks };
export const mediator: TranscriptView = { ...officer, you: id(2), your_languages: ['sq', 'en'], checks };
export const reader: TranscriptView = { ...officer, you: null, your_languages: [], checks };

/** Arabic: right to left, with marks, digits and Latin names in one line. */
const ARABIC: DocumentEntry[] = [
  line(20, 1, 'en', 41, 'Where did you get on the boat?', C),
  line(21, 2, 'ar', 45, 'من أين ركبتم القارب؟', C),
  line(22, 3, 'ar', 50, 'رَكِبْنا القارب من إزمير يوم ١٤ أكتوبر، الساعة ٢٣:٤٠، مع رجل اسمه Kemal من شركة «Deniz Tur».', {
    doubtful: ['Kemal', 'Tur'],
  }),
  line(23, 2, 'en', 60, 'We got on the boat in Izmir on 14 October at 23:40, with a man called Kemal from the company “Deniz Tur”.'),
  line(24, 3, 'ar', 72, 'دفعنا ٣٥٠٠ دولار عن كل شخص.', {
    gist: 'We paid 3,500 dollars for each person.',
    before: [machine('دفعنا ٣٥٠ دولار عن كل شخص.')],
    corrected: mediatorSigned(3),
  }),
  line(25, 2, 'en', 77, 'We paid 3,500 dollars for each person.', C),
  // The brother speaks Persian: in neither column.
  line(26, 4, 'fa', 84, 'من ساعت ۱۱ شب با شماره 0532 114 زنگ زدم، ولی Kemal جواب نداد.', { doubtful: ['جواب'] }),
  gap(27, 2, 92, 4),
  line(28, 3, 'ar', 98, 'لم يكن معنا سترات نجاة.'),
];
export const arabic: TranscriptView = {
  document: document('ar', [...people('ar'), speaker(4, 'observer', 'fa')], ARABIC, [{ number: 1, entry: null, text: 'The interviewee speaks the Arabic of Aleppo; “سترات” was said as “جاكيتات”.', ...mediatorSigned(1) }], 31),
  you: id(1),
  your_languages: ['en'],
  checks: [{ of: id(2), alias: 'Blue Heron', asked_at: BEGAN + 8 * 60 * MINUTE, finished_at: BEGAN + 9 * 60 * MINUTE }],
};

/** Four hours, for measuring. */
export function long(lines: number): TranscriptView {
  const [question, asking, answer, said] = [ALBANIAN[0], ALBANIAN[1], ALBANIAN[6], ALBANIAN[7]];
  const step = (4 * 3600 - 120) / lines;
  const entries = Array.from({ length: lines }, (_, n) => {
    const from = [question, asking, answer, said][n % 4];
    if (from?.kind !== 'line') throw new Error('a line was expected');
    const at = BEGAN + (60 + n * step) * 1000;
    const made = { ...from, number: 100 + n, started_at: at, ended_at: at + step * 900, text: `${from.text} ${n}`, words: wordsOf(`${from.text} ${n}`, step * 900, n % 7 === 0 ? ['23:40'] : []) };
    const draft = { status: 'machine_draft' as const, certified: [], corrected: null, before: [], version: 0 };
    return n % 50 === 49 ? gap(100 + n, 3, 60 + n * step, step * 0.9) : n < lines / 3 ? made : { ...made, ...draft };
  });
  return { ...mediator, document: document('sq', people('sq'), entries, [], 240) };
}

export const myChecks: MyCheck[] = [
  { session: id(41), languages: { source: 'sq', target: 'en' }, requested_at: BEGAN, asked_at: BEGAN + 8 * 60 * MINUTE },
  { session: id(42), languages: { source: 'aln', target: 'en' }, requested_at: BEGAN - 26 * 60 * MINUTE, asked_at: BEGAN + 7 * 60 * MINUTE },
];
