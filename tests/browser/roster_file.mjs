// A roster as a coordinator would bring it from a spreadsheet: made from a seed, the same every time.

/** Its rare language, and in which rows somebody speaks it. */
export const RARE = 'ti';
const RARE_ROWS = [41, 137, 262];

const LANGUAGES = 'sq sr-Latn sr-Cyrl bs hr mk ar apc arz ary fa prs ps kmr ckb tr ur pa bn so am om fr es ru uk'.split(' ');
const COLOURS = 'Amber Blue Clear Early Green North Open Quiet Silver Stone White Winter Çelësi'.split(' ');
const THINGS = 'Bridge Cedar Harbour Lantern Meadow Olive Path River Star Swift Štit'.split(' ');
const QUALIFICATIONS = ['cultural_mediator', 'interpreter', 'interpreter', 'sworn_interpreter'];
const COLUMNS = ['alias', 'name', 'phone', 'languages', 'gender', 'qualification', 'specialisms', 'undertaking_signed', 'vetted_until', 'rest_minutes'];

/** What is wrong in which line of the file, and what it should be. Somebody on the demonstration's roster is Blue Heron. */
const MISTAKES = [
  { line: 12, column: 'languages', wrong: 'klingonisch:native; en:fluent', right: 'sq:native; en:fluent', says: /is not a language tag/ },
  { line: 77, column: 'languages', wrong: 'ar:excellent; en:fluent', right: 'ar:native; en:fluent', says: /working, fluent or native/ },
  { line: 120, column: 'alias', wrong: 'Blue Heron', right: 'Blue Heron the Second', says: /has this alias/ },
  { line: 199, column: 'vetted_until', wrong: '2031-02-30', right: '2031-02-28', says: /is not a date/ },
  { line: 301, column: 'alias', wrong: '', right: 'Last in the File', says: /1 to 40 characters/ },
];

/** `count` mediators as CSV, with five mistakes in five rows, and the aliases of those who speak the rare language. */
export function rosterFile(count, seed) {
  const roll = dice(seed);
  const pick = (from) => from[Math.floor(roll() * from.length)];
  const rows = Array.from({ length: count }, (_, n) => {
    const first = RARE_ROWS.includes(n) ? RARE : pick(LANGUAGES);
    const second = pick(LANGUAGES.filter((tag) => tag !== first));
    const spoken = [`${first}:native`, 'en:fluent', ...(roll() < 0.3 ? [`${second}:working`] : [])];
    return {
      alias: `${pick(COLOURS)} ${pick(THINGS)} ${n + 1}`,
      name: `Surname ${n + 1}, Given "Short" ${pick(THINGS)}`,
      phone: `+355 69 ${String(2_000_000 + n)}`,
      languages: spoken.join('; '),
      gender: pick(['female', 'male', '']),
      qualification: pick(QUALIFICATIONS),
      specialisms: ['minors', 'trafficking', 'asylum', 'medical'].filter(() => roll() < 0.2).join('; '),
      undertaking_signed: pick(['2026-01-05', '12.3.2026']),
      vetted_until: '2031-12-31',
      // Whoever rests is waited for like somebody in a call; who speaks the rare language needs none.
      rest_minutes: first === RARE ? '0' : '',
    };
  });
  for (const { line, column, wrong } of MISTAKES) rows[line - 2][column] = wrong;
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => quoted(row[column])))];
  const rare = RARE_ROWS.map((n) => rows[n].alias);
  return { text: `\uFEFF${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`, mistakes: MISTAKES, rare };
}

const quoted = (cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** mulberry32 */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
