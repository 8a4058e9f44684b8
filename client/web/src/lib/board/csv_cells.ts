/** A CSV file as cells that can be changed one by one, and written again with nothing else changed. */
import Papa from 'papaparse';

export interface CsvTable {
  /** Names of the columns, as the file has them. */
  header: string[];
  rows: CsvRow[];
  delimiter: string;
}

export interface CsvRow {
  /** The line of the file on which it begins; the header is on line 1. */
  line: number;
  cells: string[];
}

/** Reads a whole file. Nothing is judged here: that is the relay's part. */
export function readCsv(text: string): CsvTable {
  const whole = text.replace(/^\uFEFF/, '');
  const delimiter = delimiterOf(whole);
  const { data } = Papa.parse<string[]>(whole, { delimiter, header: false, skipEmptyLines: false });
  const rows: CsvRow[] = [];
  let line = 1;
  for (const cells of data) {
    rows.push({ line, cells });
    // A quoted cell may go over several lines.
    line += 1 + cells.reduce((breaks, cell) => breaks + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
  }
  const [head, ...body] = rows;
  return { header: head?.cells ?? [], rows: body, delimiter };
}

/** The same file with its lines as they were, so that line numbers stay true. */
export function writeCsv(table: CsvTable): string {
  const lines = [table.header, ...table.rows.map(({ cells }) => cells)];
  return Papa.unparse(lines, { delimiter: table.delimiter, newline: '\r\n' });
}

/** Where a cell is, or `undefined`: the file has no such line or column. */
export function cellAt(table: CsvTable, line: number, column: string): string | undefined {
  const at = columnAt(table, column);
  const row = table.rows.find((one) => one.line === line);
  return at < 0 || row === undefined ? undefined : (row.cells[at] ?? '');
}

/** The table with one cell changed. Line breaks would move all lines below, so they become spaces. */
export function withCell(table: CsvTable, line: number, column: string, value: string): CsvTable {
  const at = columnAt(table, column);
  if (at < 0) return table;
  const rows = table.rows.map((row) => {
    if (row.line !== line) return row;
    const cells = [...row.cells, ...Array<string>(Math.max(0, at + 1 - row.cells.length)).fill('')];
    cells[at] = value.replace(/[\r\n]+/g, ' ');
    return { line, cells };
  });
  return { ...table, rows };
}

function columnAt(table: CsvTable, column: string): number {
  const plain = (name: string) => name.trim().toLowerCase();
  return table.header.findIndex((name) => plain(name) === plain(column));
}

/** Spreadsheets of half of Europe write semicolons. The first line tells: names of columns hold neither. */
function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r?\n/, 1);
  return first.split(';').length > first.split(',').length ? ';' : first.includes('\t') ? '\t' : ',';
}
