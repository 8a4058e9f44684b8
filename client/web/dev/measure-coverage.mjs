/**
 * Measures the coverage board of 60 languages by 336 hours: `node dev/measure-coverage.mjs`.
 * Times are from the call or key to the frame after; Vite's development build, so a relay's is no slower.
 */
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
await server.listen();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${server.resolvedUrls.local[0]}dev/gallery.html?screen=coverage-all`);
await page.waitForSelector('[role=gridcell]');

const times = await page.evaluate(async () => {
  const painted = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(0);
      }),
    );
  const timed = async (act) => {
    const start = performance.now();
    await act();
    await painted();
    return performance.now() - start;
  };
  const { PLANNER_SCREENS } = await import('/dev/planner_screens.ts');
  const draws = [];
  for (let n = 0; n < 25; n++) {
    document.body.replaceChildren(document.createElement('div'));
    await painted();
    draws.push(await timed(() => PLANNER_SCREENS['coverage-all'](document.body.firstElementChild)));
  }
  const grid = document.querySelector('[role=grid]');
  const press = (key) => {
    const before = document.activeElement;
    before.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    return new Promise((done) => {
      const wait = () => (document.activeElement === before ? queueMicrotask(wait) : done());
      wait();
    });
  };
  grid.querySelector('[tabindex="0"]').focus();
  const keys = { ArrowRight: 200, ArrowDown: 50, PageDown: 5, ArrowLeft: 200, ArrowUp: 50, PageUp: 5, End: 1, Home: 1 };
  const arrows = [];
  const jumps = [];
  for (const [key, count] of Object.entries(keys)) {
    for (let n = 0; n < count; n++) (key.startsWith('Arrow') ? arrows : jumps).push(await timed(() => press(key)));
  }
  const opens = [];
  for (let n = 0; n < 30; n++) {
    const cell = grid.querySelectorAll('[role=gridcell]')[n * 7];
    opens.push(await timed(() => cell.click()));
    document.querySelector('[data-testid=close-fill]').click();
    await painted();
  }
  const scrolls = [];
  for (let n = 0; n < 60; n++) scrolls.push(await timed(() => void (grid.scrollLeft = n * 200)));
  return { draws, arrows, jumps, opens, scrolls, cells: grid.querySelectorAll('[role=gridcell]').length };
});

const at = (values, share) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
for (const [name, values] of Object.entries(times)) {
  if (typeof values === 'number') console.log(`${name}: ${values}`);
  else console.log(`${name}: n ${values.length}, p50 ${at(values, 0.5).toFixed(1)} ms, p95 ${at(values, 0.95).toFixed(1)} ms`);
}
await browser.close();
await server.close();
