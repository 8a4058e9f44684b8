import { describe, expect, it } from 'vitest';
import type { GlossaryRow } from '../../wire';
import { findings, shelves, withRow } from './glossaries';

const row = (case_type: GlossaryRow['case_type'], terms: number): GlossaryRow => ({ case_type, terms, languages: ['en', 'sq'], changed_at: 5 });

describe('glossaries on the board', () => {
  it('have a place for each kind of interview, and one without terms is none', () => {
    const rows = [row('medical', 3), row('asylum', 0)];
    expect(shelves(rows).map(({ caseType, row: there }) => [caseType, there?.terms])).toEqual([
      ['general', undefined],
      ['minors', undefined],
      ['trafficking', undefined],
      ['asylum', undefined],
      ['medical', 3],
    ]);
  });

  it('take the place of the one before', () => {
    expect(withRow([row('medical', 3), row('asylum', 1)], row('medical', 4))).toEqual([row('asylum', 1), row('medical', 4)]);
  });
});

describe('a refused file', () => {
  it('is explained line by line', () => {
    const message =
      'line 3: a term needs two languages at least; line 4: more cells than line 1 has: put text with a separator in quotes; ' +
      'line 9: letters were lost: save the file as CSV UTF-8; line 12: a term or note has at most 200 characters on one line; …';
    expect(findings(message).map(({ line, fault }) => [line, fault])).toEqual([
      [3, 'two_languages'],
      [4, 'more_cells'],
      [9, 'letters_lost'],
      [12, 'cell_too_long'],
      [undefined, 'more'],
    ]);
  });

  it('is explained by its header', () => {
    const header = 'line 1 names the columns: language tags such as en,sq,ar, at least two of 40, and note if there is one. ';
    const tag = "'english language' is not a language tag: use BCP 47, for example 'sq', 'sr-Latn' or 'prs'";
    expect(findings(`${header}${tag}; 'en' stands there twice; there are 1 languages`)).toEqual([
      { line: 1, fault: 'header', what: '' },
      { line: 1, fault: 'not_a_tag', what: 'english language' },
      { line: 1, fault: 'twice', what: 'en' },
      { line: 1, fault: 'languages', what: '1' },
    ]);
    expect(findings(`${header}The file is empty.`)).toEqual([{ fault: 'empty', what: '' }]);
    expect(findings('the file is longer than 1 MiB or has more than 2,000 terms: split it by kind of case')).toEqual([{ fault: 'too_long', what: '' }]);
  });

  it('is explained in the relay’s own words where ours are missing', () => {
    expect(findings('line 3: something new')).toEqual([{ line: 3, what: 'something new' }]);
    expect(findings('something; else')).toEqual([{ what: 'something; else' }]);
  });
});
