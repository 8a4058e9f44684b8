import { describe, expect, it } from 'vitest';
import type { Term } from '../wire';
import { columnsOf, indexed, search, shownOf } from './terms';

const term = (ar: string, en: string, note: string | null = null): Term => ({ texts: { ar, en }, note });
const TERMS = [
  term('الاتجار بالبشر', 'trafficking in human beings', 'Not smuggling: the person is exploited.'),
  term('إقامة', 'residence permit'),
  term('مُهَرِّب', 'smuggler'),
  { texts: { en: 'border crossing', sq: 'pikë kalimi kufitar' }, note: null },
];
const find = (question: string) => search(indexed(TERMS), question).map(({ texts }) => texts['en']);

describe('the terms of a session', () => {
  it('are found in any language, without regard to case, marks, harakat and forms of a letter', () => {
    expect(find('  HUMAN ')).toEqual(['trafficking in human beings']);
    expect(find('pike KALIMI')).toEqual(['border crossing']);
    expect(find('مهرب')).toEqual(['smuggler']);
    expect(find('اقامه')).toEqual(['residence permit']);
    expect(find('visa')).toEqual([]);
  });

  it('are found by all words of the question in any order, and all are there where nothing is asked', () => {
    expect(find('beings traff')).toEqual(['trafficking in human beings']);
    expect(find('traff permit')).toEqual([]);
    expect(find(' ')).toHaveLength(TERMS.length);
  });

  it('come before those that have it in the note only', () => {
    expect(find('smuggl')).toEqual(['smuggler', 'trafficking in human beings']);
    expect(find('cross')).toEqual(['border crossing']);
  });

  it('stand in the order of the languages of the interview', () => {
    expect(columnsOf(TERMS, ['en', 'tr', 'ar'])).toEqual([
      { tag: 'en', rightToLeft: false },
      { tag: 'ar', rightToLeft: true },
      { tag: 'sq', rightToLeft: false },
    ]);
    expect(columnsOf([], ['en', 'ar'])).toEqual([]);
  });

  it('are shown once, and few of them before anybody asks', () => {
    const many = Array.from({ length: 60 }, (_, n) => term(String(n), `term ${n}`));
    expect(indexed([...TERMS, term('إقامة', 'residence permit'), term('إقامة', 'residence permit', 'of a year')])).toHaveLength(5);
    expect(shownOf(many, false, false)).toHaveLength(8);
    expect(shownOf(many, true, false)).toHaveLength(40);
    expect(shownOf(many, false, true)).toHaveLength(60);
  });
});
