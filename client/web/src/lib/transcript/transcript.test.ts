import { describe, expect, it } from 'vitest';
import type { DocumentEntry, DocumentLine, Role, SignedAt, Speaker, TranscriptDocument, TranscriptView } from '../../wire';
import { certifiable, seenOf, uncertified } from './certifying';
import { entriesOf, rowsOf, sideOf } from './columns';
import { commentsBy, countsOf, entryAt, readerOf, spanOf, speakersBy, type Line } from './document';
import { lanesOf, nearest, pathOf, ticksOf, timeAt, xOf } from './lanes';
import { beginsAt, momentOf, offsetText, secondsInto } from './recording';
import { folded, found, neighbour, prepared } from './search';
import { runsOf } from './text';

const speaker = (id: string, role: Role, language: string): Speaker => ({
  id,
  role,
  language,
  alias: role === 'mediator' ? 'Blue Heron' : null,
});
const SPEAKERS = [speaker('o', 'officer', 'en'), speaker('m', 'mediator', 'en'), speaker('i', 'interviewee', 'aln')];
const MEDIATOR: SignedAt = { by: { role: 'mediator', alias: 'Blue Heron', register_number: 'AL-77' }, at: 5 };

const line = (number: number, who: string, language: string, more: Partial<DocumentLine> = {}): Line => ({
  kind: 'line',
  number,
  speaker: who,
  language,
  started_at: number * 1000,
  ended_at: number * 1000 + 800,
  text: 'Ku keni fjetur?',
  status: 'machine_draft',
  before: [],
  corrected: null,
  version: 0,
  certified: [],
  model: 'test',
  words: [],
  doubtful: false,
  broken_off: false,
  gist: null,
  ...more,
});
const gap = (number: number, who: string): DocumentEntry => ({
  kind: 'gap',
  number,
  speaker: who,
  started_at: number * 1000,
  ended_at: number * 1000 + 800,
  why: 'too_slow',
});
const transcript = (entries: DocumentEntry[]): TranscriptDocument => ({
  format: 'dragoman-transcript-1',
  session: 's',
  phase: 'sealed',
  from: 0,
  to: 60_000,
  record: { entries: 1, chain: '', revisions: 0, revisions_chain: '' },
  certificate: { languages: { source: 'sq', target: 'en' }, via: null, interpreters: [], modes: [] },
  speakers: SPEAKERS,
  entries,
  comments: [],
});
const view = (entries: DocumentEntry[], you: string | null, languages: string[]): TranscriptView => ({
  document: transcript(entries),
  you,
  your_languages: languages,
  checks: [],
});
const by = speakersBy(SPEAKERS);
const keys = (entries: DocumentEntry[]) =>
  rowsOf(entries, transcript(entries), by).map((row) => [row.source?.number, row.target?.number, row.across?.number]);

describe('columns', () => {
  it('put a rendering beside what it renders, in both directions', () => {
    const [row] = rowsOf([line(1, 'o', 'en'), line(2, 'm', 'sq')], transcript([]), by);
    expect(row && entriesOf(row).map(({ number }) => number)).toEqual([1, 2]);
    expect(keys([line(1, 'o', 'en'), line(2, 'm', 'sq'), line(3, 'i', 'sq'), line(4, 'm', 'en')])).toEqual([
      [2, 1, undefined],
      [3, 4, undefined],
    ]);
  });

  it('keep the order of time where nothing was rendered at once', () => {
    expect(keys([line(1, 'i', 'sq'), line(2, 'i', 'sq'), line(3, 'm', 'en'), line(4, 'm', 'sq')])).toEqual([
      [1, undefined, undefined],
      [2, 3, undefined],
      [4, undefined, undefined],
    ]);
    expect(keys([line(1, 'i', 'sq'), gap(2, 'm'), line(3, 'm', 'en')])).toEqual([
      [1, undefined, undefined],
      [undefined, undefined, 2],
      [undefined, 3, undefined],
    ]);
  });

  it('keep the columns apart for what two people say who do not interpret', () => {
    expect(keys([line(1, 'i', 'sq'), line(2, 'o', 'en')])).toEqual([
      [1, undefined, undefined],
      [undefined, 2, undefined],
    ]);
  });

  it('know a neighbour of the language, a gap, and a language between', () => {
    const document = transcript([]);
    expect(sideOf(line(1, 'i', 'mk'), document, by)).toBe('source');
    expect(sideOf(line(1, 'o', 'en-GB'), document, by)).toBe('target');
    expect(sideOf(line(1, 'm', 'tr'), document, by)).toBe('across');
    expect(sideOf(gap(1, 'i'), document, by)).toBe('source');
    expect(sideOf(gap(1, 'm'), document, by)).toBe('across');
  });
});

describe('a document', () => {
  it('is counted by what was done last', () => {
    const entries = [
      line(1, 'i', 'sq'),
      gap(2, 'i'),
      line(3, 'm', 'en', { status: 'corrected' }),
      line(4, 'm', 'en', { status: 'certified' }),
    ];
    expect(countsOf(transcript(entries))).toEqual({ all: 3, certified: 1, corrected: 1, drafts: 1 });
  });

  it('has an axis that leaves nothing out, also of a clock that differs', () => {
    expect(spanOf(transcript([line(-3, 'i', 'sq'), line(90, 'i', 'sq')]))).toEqual({ from: -3000, until: 90_800 });
    expect(spanOf({ ...transcript([]), to: 0 })).toEqual({ from: 0, until: 1000 });
  });

  it('says who speaks at a moment', () => {
    const entries = [line(1, 'i', 'sq'), line(5, 'm', 'en')];
    expect(entryAt(entries, 999)).toBeUndefined();
    expect(entryAt(entries, 1000)?.number).toBe(1);
    expect(entryAt(entries, 4999)?.number).toBe(1);
    expect(entryAt(entries, 99_000)?.number).toBe(5);
    expect(entryAt([], 1)).toBeUndefined();
  });

  it('has comments of its entries and of the whole', () => {
    const comment = (number: number, entry: number | null) => ({ number, entry, text: '', ...MEDIATOR });
    const comments = commentsBy([comment(1, 7), comment(2, null), comment(3, 7)]);
    expect(comments.get(7)?.map(({ number }) => number)).toEqual([1, 3]);
    expect(comments.get(null)).toHaveLength(1);
  });
});

describe('certifying', () => {
  const entries = [
    line(1, 'i', 'sq'),
    line(2, 'm', 'en', { version: 2, status: 'certified', certified: [MEDIATOR] }),
    // Transcribed as a neighbour: the language of the speaker, Gheg, decides as well.
    line(3, 'i', 'mk'),
    line(4, 'm', 'tr'),
  ];

  it('is for those who speak the language, once each', () => {
    // What the mediator said in another language is not the officer's to judge, whatever the mediator's own is.
    expect([...certifiable(view(entries, 'o', ['en']))]).toEqual([[2, 2]]);
    expect([...certifiable(view(entries, 'm', ['aln', 'sq', 'en'])).keys()]).toEqual([1, 3]);
    expect([...certifiable(view(entries, null, []))]).toEqual([]);
    expect(readerOf(view(entries, 'm', []))?.alias).toBe('Blue Heron');
  });

  it('offers what nobody has certified and is shown', () => {
    const mediator = view(entries, 'm', ['sq', 'aln']);
    expect(uncertified(mediator, new Set([1, 2, 3, 4]))).toEqual([[1, 0], [3, 0]]);
    expect(uncertified(mediator, new Set([3]))).toEqual([[3, 0]]);
  });

  it('sends the versions in which lines were chosen, and no more than an act holds', () => {
    expect(seenOf(new Map([[2, 2], [3, 0]]))).toEqual([
      { line: 2, version: 2 },
      { line: 3, version: 0 },
    ]);
    const many = Array.from({ length: 1500 }, (_, n) => line(n, 'i', 'sq'));
    const all = new Set(many.map(({ number }) => number));
    expect(seenOf(new Map(many.map(({ number }) => [number, 0])))).toHaveLength(1000);
    expect(uncertified(view(many, 'm', ['sq']), all)).toHaveLength(1000);
  });
});

describe('lanes', () => {
  const scale = { from: 0, until: 100_000, width: 1000 };

  it('are one for each who spoke, and a path for each state', () => {
    const document = transcript([line(1, 'i', 'sq'), line(2, 'm', 'en'), gap(3, 'i')]);
    const lanes = lanesOf(document);
    expect(lanes.map((lane) => [lane.speaker.id, lane.entries.length])).toEqual([
      ['m', 1],
      ['i', 2],
    ]);
    const entries = lanes[1]?.entries ?? [];
    expect(pathOf(entries, 'machine_draft', scale, 20, 20)).toBe('M10 31h8v9h-8z');
    expect(pathOf(entries, 'gap', scale, 0, 20)).toBe('M30 0h8v20h-8z');
    expect(pathOf(entries, 'certified', scale, 0, 20)).toBe('');
    // Four hours on a tablet: a short line still is to be seen.
    expect(pathOf(entries, 'gap', { ...scale, until: 14_400_000 }, 0, 20)).toContain('h2v');
  });

  it('say what is at a point', () => {
    expect(xOf(50_000, scale)).toBe(500);
    expect(timeAt(500, scale)).toBe(50_000);
    expect(timeAt(-9, scale)).toBe(0);
    const entries = [line(1, 'i', 'sq'), line(5, 'i', 'sq')];
    expect(nearest(entries, 1500)?.number).toBe(1);
    expect(nearest(entries, 3500)?.number).toBe(5);
    expect(nearest(entries, 0)?.number).toBe(1);
    expect(nearest([], 0)).toBeUndefined();
  });

  it('have marks that do not touch', () => {
    expect(ticksOf(scale)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000, 100_000]);
    expect(ticksOf({ from: 0, until: 14_400_000, width: 1000 }).length).toBeLessThanOrEqual(12);
    expect(ticksOf({ from: 0, until: 40 * 3_600_000, width: 100 })).toEqual([0, 144_000_000]);
  });
});

describe('search', () => {
  const hits = (text: string, question: string) =>
    found(prepared(text), folded(question)).map(({ from, until }) => text.slice(from, until));

  it('does not mind case and accents', () => {
    expect(hits('Jam nga Kukësi, KUKES.', 'kukës')).toEqual(['Kukës', 'KUKES']);
    expect(hits('Đorđe kaže šta želi', 'dorde')).toEqual(['Đorđe']);
    expect(hits('Đorđe kaže šta želi', 'ZELI')).toEqual(['želi']);
    // The same letters, written as letter and accent.
    expect(hits('Kuke\u0308s', 'kukes')).toEqual(['Kuke\u0308s']);
  });

  it('reads Arabic and Persian however they are written', () => {
    expect(hits('وَصَلْتُ إلى المَدينة', 'وصلت الي المدينه')).toEqual(['وَصَلْتُ إلى المَدينة']);
    expect(hits('أحمد وآمنة', 'احمد')).toEqual(['أحمد']);
    expect(hits('می‌خواهم بروم', 'ميخواهم')).toEqual(['می‌خواهم']);
    expect(hits('الســلام', 'السلام')).toEqual(['الســلام']);
    expect(hits('ساعت ۱۲ و ١٤', '12')).toEqual(['۱۲']);
    expect(hits('ساعت ۱۲ و ١٤', '14')).toEqual(['١٤']);
  });

  it('finds over any blanks, several times, and nothing in nothing', () => {
    expect(hits('a  b a\nb', 'a b')).toEqual(['a  b', 'a\nb']);
    expect(hits('abc', '')).toEqual([]);
    expect(hits('abc', '  ')).toEqual([]);
    expect(hits('', 'a')).toEqual([]);
  });

  it('goes on and back, around the end', () => {
    expect(neighbour([3, 5, 9], undefined, 1)).toBe(3);
    expect(neighbour([3, 5, 9], 9, 1)).toBe(3);
    expect(neighbour([3, 5, 9], 3, -1)).toBe(9);
    expect(neighbour([3, 5, 9], 4, -1)).toBe(9);
    expect(neighbour([], 4, 1)).toBeUndefined();
  });
});

describe('a text', () => {
  const words = [
    { text: 'Ku', from_ms: 0, until_ms: 1, sure: 90 },
    { text: 'keni', from_ms: 300, until_ms: 2, sure: 90 },
    { text: 'fjetur?', from_ms: 600, until_ms: 3, sure: 20 },
  ];

  it('shows doubt, hits and words, however they lie over each other', () => {
    const runs = runsOf(line(1, 'i', 'sq', { words }), [{ from: 5, until: 10 }], true);
    expect(runs.map((run) => run.text).join('|')).toBe('Ku |ke|ni |fj|etur?');
    expect(runs.map((run) => run.ms)).toEqual([0, 300, 300, 600, 600]);
    expect(runs.map((run) => run.doubtful)).toEqual([false, false, false, true, true]);
    expect(runs.map((run) => run.hit)).toEqual([false, false, true, true, false]);
  });

  it('has no doubt and no words of the machine once somebody wrote another', () => {
    const corrected = line(1, 'i', 'sq', { words, doubtful: true, status: 'corrected', corrected: MEDIATOR, text: 'Ku ke fjetur?' });
    expect(runsOf(corrected, [], true)).toEqual([{ text: 'Ku ke fjetur?', doubtful: false, hit: false }]);
  });

  it('can be played by words when it was certified as it was', () => {
    const certified = line(1, 'i', 'sq', { words, status: 'certified', certified: [MEDIATOR] });
    expect(runsOf(certified, [], true).map((run) => [run.text, run.ms, run.doubtful])).toEqual([
      ['Ku ', 0, false],
      ['keni ', 300, false],
      ['fjetur?', 600, false],
    ]);
  });
});

describe('a recording', () => {
  it('is laid beside the transcript by one line', () => {
    const begins = beginsAt(125_000, 60);
    expect(begins).toBe(65_000);
    expect(secondsInto(130_000, begins)).toBe(65);
    expect(momentOf(65, begins)).toBe(130_000);
    expect(offsetText(begins, 0)).toBe('+1:05');
    expect(offsetText(-12_000, 0)).toBe('−0:12');
    expect(offsetText(3_725_000, 0)).toBe('+1:02:05');
  });
});
