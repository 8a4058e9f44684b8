// How long the coordinator's board takes to answer a key or a touch with 3,000 mediators and with 300, by Chromium's own
// trace: from the input to the picture that shows its effect. The board is built as it is shipped; only the relay's
// answers are samples.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

/** What a board must bear, and the roster of one country. */
const SIZES = [3_000, 300];
/** Longest that a person takes for at once, in milliseconds. */
const AT_ONCE = 100;
const web = fileURLToPath(new URL('../../client/web/', import.meta.url));

let out, server, browser, page, mediators;
const figures = [];

before(async () => {
  if (!existsSync('/usr/bin/chromium')) throw new Error('Chromium is missing: run scripts/setup test');
  if (!existsSync(join(web, 'node_modules/vite'))) throw new Error('run npm ci in client/web');
  const vite = await import(pathToFileURL(createRequire(join(web, 'package.json')).resolve('vite')).href);
  out = mkdtempSync(join(tmpdir(), 'board-'));
  process.chdir(web);
  const options = { root: web, logLevel: 'error' };
  const build = { outDir: out, emptyOutDir: true, rollupOptions: { input: join(web, 'dev/gallery.html') } };
  await vite.build({ ...options, build });
  server = await vite.preview({ ...options, build: { outDir: out }, preview: { port: 0, host: '127.0.0.1' } });
  // A real window, a tablet's 1280 by 800 without the browser's own 87 rows: of a page that only pretends to be so high,
  // the lower edge is never drawn, and the trace waits for it.
  const args = ['--no-sandbox', '--disable-gpu', '--window-size=1280,887'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});

after(async () => {
  await browser?.close();
  await server?.close();
  if (out) rmSync(out, { recursive: true, force: true });
  console.table(figures);
});

const find = (testid) => page.locator(`[data-testid=${testid}]`);
const pause = () => page.waitForTimeout(40);

async function press(key, times = 1) {
  for (let n = 0; n < times; n += 1) {
    await page.keyboard.press(key);
    await pause();
  }
}

/** Every interaction of some work, in milliseconds from the input to the next picture, as the trace has it. */
async function traced(work) {
  await browser.startTracing(page, { categories: ['devtools.timeline'] });
  await work();
  await page.waitForTimeout(200);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const longest = new Map();
  for (const { name, args } of traceEvents) {
    const { interactionId, duration } = args?.data ?? {};
    if (name !== 'EventTiming' || !interactionId) continue;
    longest.set(interactionId, Math.max(longest.get(interactionId) ?? 0, duration));
  }
  return [...longest.values()].sort((a, b) => a - b);
}

/** Other programs may take the processor for a moment, which only ever adds: what is slow by itself is slow again. */
async function measure(what, work) {
  let figure;
  for (let attempt = 1; attempt <= 2 && !(figure?.p95 <= AT_ONCE); attempt += 1) {
    const times = await traced(work);
    assert.ok(times.length > 0, `${what}: the trace has no interaction`);
    const share = (part) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))]);
    figure = { mediators, what, interactions: times.length, p50: share(0.5), p95: share(0.95), most: share(1), attempt };
    figures.push(figure);
  }
  assert.ok(figure.p95 <= AT_ONCE, `${what} of ${mediators}: p95 is ${figure.p95} ms, twice too slow`);
}

/** The board over a roster of that size. */
async function open(size) {
  mediators = size;
  page = await browser.newPage({ viewport: null, timezoneId: 'Europe/Tirane' });
  page.on('pageerror', (error) => assert.fail(`the page failed: ${error.message}`));
  const { port } = server.httpServer.address();
  await page.goto(`http://127.0.0.1:${port}/dev/gallery.html?screen=roster&mediators=${mediators}`);
  await find('roster-list').waitFor();
}

/** What has the focus is in sight, with nothing over it. */
async function focusIsSeen() {
  const seen = await page.evaluate(() => {
    const box = document.activeElement.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return document.activeElement.contains(document.elementFromPoint(x, y));
  });
  assert.ok(seen, 'what has the focus is in sight');
}

for (const size of SIZES) {
  describe(`a board of ${size} mediators`, () => {
    before(() => open(size));
    after(() => page?.close());

    test('the roster is searched letter by letter', async () => {
      await find('roster-search').click();
      await measure('roster: type a search', async () => {
        for (const word of ['arabic', 'pashto', 'dari', 'heron']) {
          for (const letter of word) await press(letter);
          await press('Backspace', word.length);
        }
      });
      assert.equal(await find('roster-count').innerText(), `${mediators} of ${mediators}`);
    });

    test('the roster is narrowed by each filter', async () => {
      await measure('roster: change a filter', async () => {
        for (const filter of ['problem', 'standing', 'qualification', 'specialism', 'agency']) {
          await find(`filter-${filter}`).focus();
          await press('ArrowDown', 3);
          await press('ArrowUp', 3);
        }
      });
    });

    test('the list is walked by keys', async () => {
      await find('edit-mediator').first().focus();
      await measure('roster: move along the list', async () => {
        await press('ArrowDown', 25);
        await press('PageDown', 25);
        await focusIsSeen();
        await press('End');
        await press('Home');
      });
      assert.ok((await find('mediator-row').count()) < 40, 'only rows in sight are in the page');
    });

    test('a mediator is opened and closed', async () => {
      await measure('roster: open and close a mediator', async () => {
        for (let n = 0; n < 8; n += 1) {
          await find('edit-mediator').nth(n).click();
          await find('mediator-form').waitFor();
          await press('Escape');
        }
      });
    });

    test('the parts follow one another', async () => {
      await measure('board: go to another part', async () => {
        for (const tab of ['now', 'roster', 'calendar', 'coverage', 'bookings', 'reports', 'roster', 'coverage', 'now']) {
          await find(`tab-${tab}`).click();
          await page.waitForTimeout(150);
        }
      });
    });

    test('somebody is looked for by hand', async () => {
      await find('tab-now').click();
      await measure('now: ring by hand', async () => {
        for (let n = 0; n < 4; n += 1) {
          await find('ring-by-hand').first().click();
          await find('ring-choice').nth(1).click();
          await find('ring-person').click();
          for (const letter of 'blue') await press(letter);
          await press('ArrowDown');
          await press('Enter');
          await press('Escape');
        }
      });
      assert.equal(await find('ring-form').count(), 0, 'the dialog is closed');
    });

    test('the calendar turns its weeks', async () => {
      await find('tab-calendar').click();
      await find('people-week').waitFor();
      await measure('calendar: next and previous week', async () => {
        for (const way of ['after', 'after', 'before', 'before', 'after', 'before']) {
          await find(`week-${way}`).click();
          await page.waitForTimeout(100);
        }
      });
      await measure('calendar: find a person', async () => {
        await find('calendar-person').click();
        for (const letter of 'blue heron') await press(letter === ' ' ? 'Space' : letter);
        await press('ArrowDown', 3);
        await press('Enter');
      });
    });

    test('the heat map is drawn, walked, and opened', async () => {
      await find('tab-coverage').click();
      await find('heat-days').waitFor();
      await find('heat-days').locator('[role=gridcell][tabindex="0"]').focus();
      await measure('coverage: move over two weeks', async () => {
        await press('ArrowDown', 20);
        await focusIsSeen();
        await press('ArrowRight', 13);
        await press('Control+End');
        await press('Control+Home');
      });
      await measure('coverage: planned to forecast and back', async () => {
        for (const n of [1, 0, 1, 0]) {
          await find('coverage-shows').locator('label').nth(n).click();
          await page.waitForTimeout(100);
        }
      });
      await measure('coverage: two weeks to hours and back', async () => {
        for (const n of [1, 0, 1]) {
          await find('coverage-view').locator('label').nth(n).click();
          await page.waitForTimeout(100);
        }
      });
      await find('heat-hours').locator('[role=gridcell][tabindex="0"]').focus();
      await measure('coverage: move hour by hour', async () => {
        await press('ArrowRight', 30);
        await press('PageDown', 10);
        await press('ArrowDown', 20);
        await focusIsSeen();
        await press('Control+End');
        await focusIsSeen();
        await press('Control+Home');
      });
      await measure('coverage: open an hour', async () => {
        for (let n = 0; n < 5; n += 1) {
          await press('ArrowRight');
          await press('Enter');
          await find('hour-panel').waitFor();
          await press('Escape');
        }
      });
    });
  });
}
