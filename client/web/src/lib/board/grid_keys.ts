/** Keys that move about a grid, as the ARIA grid pattern has them. */

export interface Cell {
  row: number;
  column: number;
}

/** Where a key goes from a cell, or `undefined`: it is not for moving. `leap`: how many columns Page Up and Down move. */
export function gridMove(
  event: { key: string; ctrlKey: boolean },
  at: Cell,
  size: { rows: number; columns: number; leap: number },
  rightToLeft = false,
): Cell | undefined {
  const ahead = rightToLeft ? -1 : 1;
  const { row, column } = at;
  const to = {
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    ArrowRight: { row, column: column + ahead },
    ArrowLeft: { row, column: column - ahead },
    PageDown: { row, column: column + size.leap },
    PageUp: { row, column: column - size.leap },
    Home: event.ctrlKey ? { row: 0, column: 0 } : { row, column: 0 },
    End: event.ctrlKey ? { row: size.rows - 1, column: size.columns - 1 } : { row, column: size.columns - 1 },
  }[event.key];
  if (to === undefined) return undefined;
  const within = (n: number, count: number) => Math.max(0, Math.min(count - 1, n));
  return { row: within(to.row, size.rows), column: within(to.column, size.columns) };
}
