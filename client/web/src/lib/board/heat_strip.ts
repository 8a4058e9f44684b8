/** Draws the hours of one language as a strip: open hours reach over the whole height and are dark, covered ones are pale. */
import type { LanguageCoverage } from '../board_types';
import { levelAt, type HeatLevel, type HeatMap } from './heat';

/** The token that fills a level, and how much of the height it takes: told apart by shape too. */
const DRAWN: Record<HeatLevel, [string, number] | undefined> = {
  nobody: ['--gap', 1],
  unlikely: ['--gap', 1],
  on_call: ['--thin', 0.62],
  likely: ['--thin', 0.62],
  one: ['--one', 0.34],
  more: ['--more', 0.34],
  sure: ['--more', 0.34],
  past: undefined,
  not_needed: undefined,
  unknown: undefined,
};

/** `width` and `height` in CSS pixels. Days are of one width, whatever their hours. */
export function drawStrip(canvas: HTMLCanvasElement, map: HeatMap, row: LanguageCoverage, width: number, height: number): void {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const style = getComputedStyle(canvas);
  const fills = new Map<string, string>();
  const day = canvas.width / map.days.length;
  for (const [n, { first, count }] of map.days.entries()) {
    for (let hour = 0; hour < count; hour += 1) {
      const drawn = DRAWN[levelAt(map, row, first + hour)];
      if (drawn === undefined) continue;
      const [token, share] = drawn;
      const known = fills.get(token) ?? style.getPropertyValue(token);
      fills.set(token, known);
      pen.fillStyle = known;
      const [from, until] = [n * day + (hour * day) / count, n * day + ((hour + 1) * day) / count];
      const tall = Math.round(canvas.height * share);
      pen.fillRect(Math.round(from), canvas.height - tall, Math.round(until) - Math.round(from), tall);
    }
  }
}
