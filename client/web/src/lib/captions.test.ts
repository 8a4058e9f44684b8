import { describe, expect, it } from 'vitest';
import type { CaptionDraft, TranscriptGist, TranscriptLine } from '../wire';
import { NONE, lastLine, pieces, withDraft, withGap, withGist, withLine, withWritten, withoutDrafts } from './captions';

const draft = (speaker: string, settled: string, open: string, at = 1): CaptionDraft => ({
  speaker,
  language: 'sq',
  settled,
  open,
  started_at: at,
  until: at + 500,
  model: 'test',
});

const line = (speaker: string, text: string, more: Partial<TranscriptLine> = {}): TranscriptLine => ({
  speaker,
  language: 'sq',
  text,
  started_at: 1,
  ended_at: 2,
  model: 'test',
  status: 'machine_draft',
  ...more,
});

const gist = (speaker: string, started_at: number, text: string): TranscriptGist => ({ speaker, started_at, text, model: 'test' });

describe('captions', () => {
  it('are completed by what was missed, once a connection is back', () => {
    const gap = { speaker: 'a', started_at: 15, ended_at: 19, why: 'too_slow' as const };
    const first = line('a', 'Good morning.', { started_at: 1, ended_at: 2 });
    const second = line('a', 'Where were you born?', { started_at: 5, ended_at: 7 });
    const before = withDraft(withLine(withLine(NONE, first), second), draft('b', 'Në', '', 8));
    const missed = line('b', 'Në Tiranë.', { started_at: 8, ended_at: 9 });
    const after = withWritten(before, [second, missed, gap], [gist('b', 8, 'In Tirana.'), gist('b', 3, 'of a line that is gone')]);
    expect(after.entries).toEqual([
      { kind: 'line', line: first },
      { kind: 'line', line: second },
      { kind: 'line', line: missed, gist: gist('b', 8, 'In Tirana.') },
      { kind: 'gap', gap },
    ]);
    expect(after.drafts).toEqual([]);
    expect(withWritten(NONE, [second], []).entries).toEqual([{ kind: 'line', line: second }]);
  });

  it('keep what was read when the relay was started anew and knows of the newest only', () => {
    const read = [1, 2].map((at) => line('a', `Line ${at}`, { started_at: at, ended_at: at }));
    const newest = line('a', 'Line 3', { started_at: 3, ended_at: 3 });
    const after = withWritten(read.reduce(withLine, NONE), [newest], []);
    expect(after.entries.map((entry) => entry.kind === 'line' && entry.line.text)).toEqual(['Line 1', 'Line 2', 'Line 3']);
  });

  it('show what is being said until its line or gap is there', () => {
    let captions = withDraft(NONE, draft('b', 'Ku', 'keni', 2));
    captions = withDraft(captions, draft('a', '', 'Where', 1));
    captions = withDraft(captions, draft('b', 'Ku keni', 'fjetur', 2));
    expect(captions.drafts.map(({ speaker, settled }) => [speaker, settled])).toEqual([
      ['a', ''],
      ['b', 'Ku keni'],
    ]);
    captions = withLine(captions, line('b', 'Ku keni fjetur?'));
    captions = withGap(captions, { speaker: 'a', started_at: 1, ended_at: 9, why: 'too_slow' });
    expect(captions.drafts).toEqual([]);
    expect(captions.entries.map(({ kind }) => kind)).toEqual(['line', 'gap']);
  });

  it('lose a draft that turned out to be nothing, and all of them when writing ends', () => {
    const one = withDraft(NONE, draft('a', 'Po', ''));
    expect(withDraft(one, draft('a', '', '')).drafts).toEqual([]);
    expect(withoutDrafts(one).drafts).toEqual([]);
    expect(withoutDrafts(NONE)).toBe(NONE);
  });

  it('keep a bounded number of entries', () => {
    let captions = NONE;
    for (let n = 0; n < 120; n++) captions = withLine(captions, line('a', String(n)));
    expect(captions.entries).toHaveLength(50);
  });

  it('keep a gist beside the line of the same speaker and beginning, also when later lines are there', () => {
    let captions = withLine(NONE, line('a', 'Ku keni fjetur?', { started_at: 10 }));
    captions = withLine(captions, line('b', 'Në një shtëpi.', { started_at: 10 }));
    captions = withGap(captions, { speaker: 'a', started_at: 20, ended_at: 29, why: 'too_slow' });
    captions = withDraft(captions, draft('a', 'Po', 'pastaj', 30));
    const before = captions;
    captions = withGist(captions, gist('b', 10, 'In a house.'));
    const gists = captions.entries.map((entry) => (entry.kind === 'line' ? entry.gist?.text : undefined));
    expect(gists).toEqual([undefined, 'In a house.', undefined]);
    // What was said, and what is being said, is the same as before.
    expect(lastLine(captions)).toBe(lastLine(before));
    expect(captions.drafts).toBe(before.drafts);
    expect(before.entries[1]).not.toHaveProperty('gist');
  });

  it('take the last gist of a line, and leave out one whose line is not kept', () => {
    let captions = withLine(NONE, line('a', 'Po.', { started_at: 10 }));
    captions = withGist(withGist(captions, gist('a', 10, 'Yea')), gist('a', 10, 'Yes.'));
    expect(captions.entries[0]).toMatchObject({ gist: { text: 'Yes.' } });
    expect(withGist(captions, gist('a', 11, 'Later'))).toBe(captions);
    expect(withGist(NONE, gist('a', 10, 'Yes.'))).toBe(NONE);
    const gap = withGap(NONE, { speaker: 'a', started_at: 10, ended_at: 19, why: 'too_slow' });
    expect(withGist(gap, gist('a', 10, 'Yes.'))).toBe(gap);
  });

  it('mark doubtful words, a doubtful line as a whole, and nothing where the words are not the text', () => {
    const words = [
      { text: 'Ku', from_ms: 0, until_ms: 1, sure: 90 },
      { text: 'keni', from_ms: 1, until_ms: 2, sure: 90 },
      { text: 'fjetur?', from_ms: 2, until_ms: 3, sure: 20 },
    ];
    expect(pieces(line('a', 'Ku keni fjetur?', { words }))).toEqual([
      { text: 'Ku keni ', doubtful: false },
      { text: 'fjetur?', doubtful: true },
    ]);
    expect(pieces(line('a', 'Ku keni?', { words }))).toEqual([{ text: 'Ku keni?', doubtful: false }]);
    expect(pieces(line('a', 'Ku keni fjetur?', { words, doubtful: true }))).toEqual([
      { text: 'Ku keni fjetur?', doubtful: true },
    ]);
  });
});
