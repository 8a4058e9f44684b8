/** Shifts by whose they are. */
import type { ShiftRow } from '../../wire';

export function rowsByMediator(rows: ShiftRow[]): Map<string, ShiftRow[]> {
  const found = new Map<string, ShiftRow[]>();
  for (const row of rows) {
    const known = found.get(row.shift.mediator);
    if (known === undefined) found.set(row.shift.mediator, [row]);
    else known.push(row);
  }
  return found;
}
