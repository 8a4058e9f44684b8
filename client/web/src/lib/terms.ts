/** Terms of a session's glossary: in which columns they stand, and how they are found. */
import type { Term } from '../wire';
import { folded } from './transcript/search';

/** Shown before anybody asks: what else is on the screen must stay in sight. */
const AT_ONCE = 8;
/** Shown of what was found: whoever needs more than that asks more exactly. */
const FOUND_AT_ONCE = 40;

/** A term as it is searched; prepared once, for a glossary may have thousands. */
interface Searchable {
  readonly term: Term;
  readonly texts: readonly string[];
  readonly note: string;
}
export type TermIndex = readonly Searchable[];

/** A term of the kind of case that stands among the general ones as well is kept once, where it stands first. */
export function indexed(terms: readonly Term[]): TermIndex {
  const known = new Set<string>();
  return terms.flatMap((term): Searchable[] => {
    const texts = Object.values(term.texts).map(folded);
    const note = folded(term.note ?? '');
    const key = [...Object.entries(term.texts).flat(), note].join('\n');
    if (known.has(key)) return [];
    known.add(key);
    return [{ term, texts, note }];
  });
}

export interface Column {
  readonly tag: string;
  /** By its letters, for a script is known by them and not by every tag. */
  readonly rightToLeft: boolean;
}

/** Languages in which a term is there: those of the interview in their order, then any others. */
export function columnsOf(terms: readonly Term[], order: readonly string[]): Column[] {
  const there = new Set(terms.flatMap((term) => Object.keys(term.texts)));
  return [...new Set([...order, ...there])]
    .filter((tag) => there.has(tag))
    .map((tag) => ({ tag, rightToLeft: terms.some((term) => RIGHT_TO_LEFT.test(term.texts[tag] ?? '')) }));
}

const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** Terms with every word of the question, in any language or in the note; all of them where nothing is asked. */
export function search(index: TermIndex, question: string): Term[] {
  const asked = folded(question);
  if (asked === '') return index.map(({ term }) => term);
  const words = asked.split(' ');
  const found = index.filter(({ texts, note }) => {
    const all = [...texts, note].join('\n');
    return words.every((word) => all.includes(word));
  });
  // The order of the file stays within what fits equally well.
  return found
    .map((one) => ({ term: one.term, rank: rank(one, asked) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ term }) => term);
}

/** 0: the term begins with it, 1: a word of it does, 2: it is in the term, 3: elsewhere. */
function rank({ texts }: Searchable, asked: string): number {
  if (texts.some((text) => text.startsWith(asked))) return 0;
  if (texts.some((text) => text.includes(` ${asked}`))) return 1;
  return texts.some((text) => text.includes(asked)) ? 2 : 3;
}

/** How many of them are shown. */
export function shownOf(terms: readonly Term[], asked: boolean, all: boolean): readonly Term[] {
  return all ? terms : terms.slice(0, asked ? FOUND_AT_ONCE : AT_ONCE);
}
