/** Finds words however they are written: case, accents, harakat, forms of a letter and of a digit make no difference. */

export interface Range {
  readonly from: number;
  readonly until: number;
}

/** Letters that Unicode does not take apart, and Arabic ones that people write for each other. */
const SAME: Record<string, string> = {
  đ: 'd',
  ð: 'd',
  ø: 'o',
  ł: 'l',
  ı: 'i',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ے: 'ي',
  ک: 'ك',
  ہ: 'ه',
  ە: 'ه',
  ة: 'ه',
  '’': "'",
  '‘': "'",
};
/** Marks, the stretching stroke, and signs that are not seen. */
const NOTHING = /[\p{M}\u0640\p{Cf}]/gu;

/** One character as it is compared; nothing where it makes no difference. */
function foldedCharacter(character: string): string {
  const bare = character.normalize('NFKD').replace(NOTHING, '').toLowerCase();
  let folded = '';
  for (const one of bare) folded += SAME[one] ?? digit(one) ?? one;
  return folded;
}

/** Arabic and Persian digits as European ones. */
function digit(one: string): string | undefined {
  const code = one.codePointAt(0) ?? 0;
  if (code >= 0x660 && code <= 0x669) return String(code - 0x660);
  if (code >= 0x6f0 && code <= 0x6f9) return String(code - 0x6f0);
  return undefined;
}

/** What was asked for, as it is compared. */
export function folded(text: string): string {
  let all = '';
  for (const character of text) all += foldedCharacter(character);
  return all.replace(/\s+/g, ' ').trim();
}

/** A text prepared for many questions: folded, and where each of its characters comes from. */
export interface Prepared {
  readonly folded: string;
  readonly at: readonly number[];
  readonly length: number;
}

export function prepared(text: string): Prepared {
  let all = '';
  const at: number[] = [];
  let position = 0;
  for (const character of text) {
    // Blanks in a row count as one.
    const blank = /\s/.test(character);
    const one = blank ? (all.endsWith(' ') ? '' : ' ') : foldedCharacter(character);
    all += one;
    for (let n = 0; n < one.length; n++) at.push(position);
    position += character.length;
  }
  return { folded: all, at, length: text.length };
}

/** Where a folded question is in a text: places in the text as it is written. */
export function found(text: Prepared, question: string): Range[] {
  if (question === '') return [];
  const ranges: Range[] = [];
  for (let hit = text.folded.indexOf(question); hit >= 0; hit = text.folded.indexOf(question, hit + question.length)) {
    // What follows a letter without being seen by itself, such as a vowel sign, belongs to it.
    ranges.push({ from: text.at[hit] ?? 0, until: text.at[hit + question.length] ?? text.length });
  }
  return ranges;
}

/** The next or previous of some numbers in order, around the end; from a number that need not be one of them. */
export function neighbour(hits: readonly number[], current: number | undefined, step: 1 | -1): number | undefined {
  const at = current === undefined ? -1 : hits.indexOf(current);
  if (at < 0) return step === 1 ? hits[0] : hits.at(-1);
  return hits[(at + step + hits.length) % hits.length];
}
