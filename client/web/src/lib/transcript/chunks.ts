/** A long list in parts, of which only those near the window are drawn. */

/** Rows of one part: enough that scrolling by a screen draws one, few enough that one is drawn within a frame or two. */
export const CHUNK = 25;

export function chunksOf<T>(rows: readonly T[], size = CHUNK): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, nth) => rows.slice(nth * size, (nth + 1) * size));
}
