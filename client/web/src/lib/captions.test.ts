import { describe, expect, it } from 'vitest';
import type { CaptionDraft, TranscriptLine } from '../wire';
import { NONE, pieces, withDraft, withGap, withLine, withoutDrafts } from './captions';

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

describe('captions', () => {
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
