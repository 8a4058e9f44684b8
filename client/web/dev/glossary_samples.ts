/** A glossary as a relay would send it to a session and to a board; what is uploaded stays until the page is loaded again. */
import type { BoardCalls } from '../src/lib/board_calls';
import { ApiError } from '../src/lib/http';
import type { CaseType, GlossaryRow, Term } from '../src/wire';

const DAY = 86_400_000;

const term = (ar: string, en: string, note: string | null = null): Term => ({ texts: { ar, en }, note });

/** Of an interview in Arabic about trafficking: the kind of case first. */
export const terms: Term[] = [
  term('الاتجار بالبشر', 'trafficking in human beings', 'Not smuggling: the person is exploited.'),
  term('تهريب المهاجرين', 'smuggling of migrants'),
  term('استغلال في العمل', 'labour exploitation', 'Includes debts that can never be paid back.'),
  term('العبودية بسبب الدين', 'debt bondage'),
  term('فترة التفكير', 'reflection period', 'At least 30 days in which nobody is expelled (Council of Europe Convention, Art. 13). Explain it before any question about the deed.'),
  term('ضحية مفترضة', 'presumed victim'),
  term('نقطة عبور الحدود', 'border crossing point'),
  term('تصريح إقامة', 'residence permit'),
  term('وثيقة سفر', 'travel document'),
  term('محامٍ', 'lawyer'),
  term('وصي', 'guardian', 'Of a child without parents; also: legal representative.'),
  ...Array.from({ length: 27 }, (_, n) => term(`مصطلح ${n + 1}`, `sample term ${n + 1}`)),
];

const start: GlossaryRow[] = [
  { case_type: 'general', languages: ['en', 'sq', 'sr-Latn', 'ar', 'prs', 'tr'], terms: 214, changed_at: Date.now() - 40 * DAY },
  { case_type: 'trafficking', languages: ['en', 'sq', 'ar'], terms: 38, changed_at: Date.now() - 3 * DAY },
  { case_type: 'asylum', languages: ['en', 'sq', 'sr-Latn', 'ar', 'prs', 'ps', 'ur', 'tr', 'fr'], terms: 126, changed_at: Date.now() - 12 * DAY },
];

/** As the relay reads a file, roughly: commas only. */
function rowOf(case_type: CaseType, csv: string): GlossaryRow {
  const [header = '', ...lines] = csv.trim().split(/\r?\n/);
  const wrong = lines.flatMap((line, n) => {
    const cells = line.split(',');
    if (line.includes('\ufffd')) return [`line ${n + 2}: letters were lost: save the file as CSV UTF-8`];
    if (cells.length > header.split(',').length) return [`line ${n + 2}: more cells than line 1 has: put text with a separator in quotes`];
    return cells.filter((cell) => cell !== '').length < 2 ? [`line ${n + 2}: a term needs two languages at least`] : [];
  });
  if (wrong.length > 0) throw new ApiError({ code: 'csv_malformed', message: wrong.join('; ') }, 400);
  const languages = header.split(',').filter((heading) => heading !== 'note' && heading !== '');
  return { case_type, languages, terms: lines.length, changed_at: Date.now() };
}

export function glossaryCalls(): Pick<BoardCalls, 'glossaries' | 'putGlossary' | 'glossaryFile'> {
  const rows = new Map(start.map((row) => [row.case_type, row]));
  return {
    glossaries: () => Promise.resolve([...rows.values()]),
    putGlossary: async (case_type, csv) => {
      const row = rowOf(case_type, csv);
      rows.set(case_type, row);
      return Promise.resolve(row);
    },
    glossaryFile: () => Promise.resolve(new Blob(['en,sq,note\r\n'])),
  };
}
