/** Which of many equally large things are in sight. */

/** Numbers of the first and of the one after the last to draw, with some beyond each edge. */
export function inSight(scroll: number, extent: number, size: number, count: number, beyond = 4): [number, number] {
  const first = Math.min(count, Math.max(0, Math.floor(scroll / size) - beyond));
  const last = Math.min(count, Math.ceil((scroll + extent) / size) + beyond);
  return [first, Math.max(first, last)];
}

/** How far to scroll so that one thing is wholly in sight; `undefined`: it is. */
export function scrollTo(index: number, scroll: number, extent: number, size: number): number | undefined {
  if (index * size < scroll) return index * size;
  if ((index + 1) * size > scroll + extent) return (index + 1) * size - extent;
  return undefined;
}

/** Where a key moves in a list, or nowhere. */
export function moved(key: string, at: number, count: number, page: number): number | undefined {
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}
