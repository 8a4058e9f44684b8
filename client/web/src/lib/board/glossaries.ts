/** Glossaries on the board: one for each kind of interview, and why a file was refused, line by line. */
import type { CaseType, GlossaryRow } from '../../wire';

/** The largest file that the relay reads, in bytes. */
export const MAX_BYTES = 1024 * 1024;

const CASE_TYPES: readonly CaseType[] = ['general', 'minors', 'trafficking', 'asylum', 'medical'];

export interface Shelf {
  readonly caseType: CaseType;
  /** None, or one without terms: there is no glossary. */
  readonly row: GlossaryRow | undefined;
}

/** A place for each kind of interview, whether there is a glossary or not. */
export function shelves(rows: readonly GlossaryRow[]): Shelf[] {
  return CASE_TYPES.map((caseType) => ({
    caseType,
    row: rows.find((row) => row.case_type === caseType && row.terms > 0),
  }));
}

/** The same rows with one of them as it is now. */
export function withRow(rows: readonly GlossaryRow[], changed: GlossaryRow): GlossaryRow[] {
  return [...rows.filter((row) => row.case_type !== changed.case_type), changed];
}

/** What the relay finds wrong in a file, by the key of its words. */
export type Fault =
  | 'two_languages'
  | 'more_cells'
  | 'letters_lost'
  | 'cell_too_long'
  | 'empty'
  | 'too_long'
  | 'header'
  | 'not_a_tag'
  | 'twice'
  | 'languages'
  | 'more';

export interface Finding {
  readonly line?: number;
  /** Absent: in the relay's own words only. */
  readonly fault?: Fault;
  /** What it is about, or the relay's own words. */
  readonly what: string;
}

/** How the relay's sentences begin (`GlossaryError` of relay/core/src/glossary.rs). */
const OF_LINES: readonly [string, Fault][] = [
  ['a term needs two languages', 'two_languages'],
  ['more cells than line 1', 'more_cells'],
  ['letters were lost', 'letters_lost'],
  ['a term or note has at most', 'cell_too_long'],
];
const OF_HEADER: readonly [RegExp, Fault][] = [
  [/^'(.*)' is not a language tag/, 'not_a_tag'],
  [/^'(.*)' stands there twice/, 'twice'],
  [/^there are (\d+) languages/, 'languages'],
];
const HEADER = /^line 1 names the columns: .*? if there is one\. /;

/** The relay's sentence taken apart, so that each line can be said in the language of the screen. */
export function findings(message: string): Finding[] {
  if (message.startsWith('the file is longer')) return [{ fault: 'too_long', what: '' }];
  const header = HEADER.exec(message)?.[0];
  if (header !== undefined) return ofHeader(message.slice(header.length));
  return message.split(/; (?=line \d+: |…)/).map((part): Finding => {
    if (part === '…') return { fault: 'more', what: '' };
    const [, line, text = part] = /^line (\d+): (.*)$/s.exec(part) ?? [];
    const fault = OF_LINES.find(([begin]) => text.startsWith(begin))?.[1];
    return { ...(line === undefined ? {} : { line: Number(line) }), ...(fault === undefined ? {} : { fault }), what: text };
  });
}

function ofHeader(text: string): Finding[] {
  if (text.startsWith('The file is empty')) return [{ fault: 'empty', what: '' }];
  const wrong = text.split('; ').map((part): Finding => {
    for (const [pattern, fault] of OF_HEADER) {
      const found = pattern.exec(part);
      if (found) return { line: 1, fault, what: found[1] ?? '' };
    }
    return { line: 1, what: part };
  });
  return [{ line: 1, fault: 'header', what: '' }, ...wrong];
}
