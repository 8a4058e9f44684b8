// A coordinator's day, from the screens only: a roster of 300 comes in from a file with mistakes, shifts are planned, a gap
// is seen and filled, whoever fills it is the one who rings, and where nobody answers somebody is rung by hand.
// `DRAGOMAN_SEED=N` makes another roster; with DRAGOMAN_SCREENSHOTS=DIR the screens are kept there as pictures.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Person, ZONE } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { RARE, rosterFile } from './roster_file.mjs';
import { steps } from './steps.mjs';

const MEDIATORS = 300;
const SEED = Number(process.env.DRAGOMAN_SEED ?? 20_261_125);
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'dragoman-roster-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const file = rosterFile(MEDIATORS, SEED);
/** All three speak the rare language. The first two have shifts; who fills the gap is for the board to propose. */
const [earlier, later] = file.rare;
let relay, coordinator, officer, mediator, colleague;
/** Whoever the board proposed, and another speaker who is not on shift. */
let proposed, other;
/** How many stood on the roster before. */
let stoodBefore;

const everybody = () => [coordinator, officer, mediator, colleague];
const { step, failed } = steps(everybody, pictures);

describe('a coordinator brings a roster, plans it, and is there when nobody answers', () => {
  before(async () => {
    console.log(`seed ${SEED}: repeat with DRAGOMAN_SEED=${SEED}`);
    requireParts();
    const arrived = await Promise.allSettled([
      Relay.start(folder),
      ...['coordinator', 'officer', 'mediator', 'colleague'].map((role) => Person.arrive(role, pictures)),
    ]);
    [relay, coordinator, officer, mediator, colleague] = arrived.map(({ value }) => value);
    const missing = arrived.find(({ status }) => status === 'rejected');
    if (missing) throw missing.reason;
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person?.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
  });

  step('the coordinator sees what is wrong with the file, and nothing is stored', async () => {
    await coordinator.signIn(relay.links.coordinator);
    await coordinator.tap('tab-roster');
    stoodBefore = await onRoster();
    assert.ok(stoodBefore > 0, 'the demonstration has a roster of its own');
    await coordinator.tap('import-roster');
    const chosen = { name: 'roster.csv', mimeType: 'text/csv', buffer: Buffer.from(file.text) };
    await coordinator.find('import-file').setInputFiles(chosen);
    await coordinator.sees('import-counts');
    assert.deepEqual(await verdicts(), { error: 5, new: MEDIATORS - 5, changed: 0, unchanged: 0 });
    const shown = await coordinator.find('import-errors').locator('li').evaluateAll((rows) =>
      rows.map((row) => ({
        line: Number(row.dataset.line),
        cells: [...row.querySelectorAll('input')].map((cell) => [cell.dataset.column, cell.value]),
        says: [...row.querySelectorAll('p')].map((why) => why.innerText),
      })),
    );
    assert.deepEqual(
      shown.map(({ line, cells }) => ({ line, cells })),
      file.mistakes.map(({ line, column, wrong }) => ({ line, cells: [[column, wrong]] })),
    );
    for (const [at, { says }] of file.mistakes.entries()) assert.match(shown[at].says.join(), says);
    assert.equal(await coordinator.find('import-commit').count(), 0, 'a file with mistakes can not be taken over');
    await coordinator.photograph('import-mistakes');
    assert.equal(await stored(), stoodBefore, 'a preview stores nothing');
  });

  step('the coordinator mends five cells on the screen and takes the file over', async () => {
    for (const { line, column, right } of file.mistakes) {
      const cell = coordinator.page.locator(`[data-line="${line}"] input[data-column=${column}]`);
      await cell.fill(right);
      await cell.press('Tab');
    }
    await coordinator.tap('import-check');
    await coordinator.sees('import-commit');
    assert.deepEqual(await verdicts(), { error: 0, new: MEDIATORS, changed: 0, unchanged: 0 });
    assert.equal(await stored(), stoodBefore);
    await coordinator.tap('import-commit');
    await coordinator.sees('import-done');
    await coordinator.tap('import-close');
    await coordinator.page.getByText(`${stoodBefore + MEDIATORS} of ${stoodBefore + MEDIATORS}`).waitFor();
    await coordinator.find('roster-search').fill('last in the file');
    assert.equal(await coordinator.find('mediator-row').getAttribute('data-alias'), 'Last in the File');
    await coordinator.photograph('roster-of-300');
  });

  step('the coordinator plans shifts of the rare language around the present hour', async () => {
    // The hour that is planned around must not end before its gap was looked at.
    const left = HOUR - (Date.now() % HOUR);
    if (left < 20_000) await pause(left);
    await coordinator.tap('tab-calendar');
    const hour = Math.floor(Date.now() / HOUR) * HOUR;
    await plan(earlier, hour - 2 * HOUR, 2);
    await plan(later, hour + 2 * HOUR, 4);
    const rows = coordinator.find('people-week').locator('[data-alias]');
    const planned = await rows.evaluateAll((found) => found.map((row) => row.dataset.alias));
    // Around a Monday's midnight one of the two is in another week.
    assert.ok(planned.length > 0 && planned.every((alias) => [earlier, later].includes(alias)), planned.join());
    await coordinator.photograph('calendar-planned');
  });

  step('the heat map shows the gap, and the coordinator fills it with who is proposed', async () => {
    await coordinator.tap('tab-coverage');
    await coordinator.find('heat-days').locator('[role=gridcell][tabindex="0"]').focus();
    const here = () => coordinator.page.evaluate(() => document.activeElement.dataset.language);
    for (let row = 0; (await here()) !== RARE; row += 1) {
      assert.ok(row < 100, `${RARE} is on the heat map`);
      await coordinator.page.keyboard.press('ArrowDown');
    }
    await coordinator.page.keyboard.press('Enter');
    await coordinator.sees('heat-hours');
    const hours = coordinator.find('heat-hours').locator(`[data-language=${RARE}]`);
    const gap = coordinator.find('heat-hours').locator(`[data-language=${RARE}][data-level=nobody]`).first();
    assert.match(await gap.getAttribute('aria-label'), /nobody on shift$/);
    const at = await gap.getAttribute('data-cell');
    const covered = await hours.evaluateAll((cells) => cells.filter(({ dataset }) => dataset.level === 'one').length);
    assert.equal(covered, 4, 'the later shift is on the map');
    await coordinator.photograph('coverage-gap');
    await gap.tap();
    await coordinator.page.getByText('Nobody.', { exact: true }).waitFor();
    const first = coordinator.find('put-on-shift').first();
    proposed = await first.getAttribute('data-alias');
    other = file.rare.findLast((alias) => alias !== proposed);
    assert.equal(proposed, earlier, 'a shift of theirs ends where the gap begins');
    await coordinator.photograph('coverage-fill');
    await first.tap();
    await coordinator.sees('filled');
    await coordinator.tap('hour-close');
    await coordinator.page.locator(`[data-cell="${at}"][data-language=${RARE}][data-level=one]`).waitFor();
    assert.equal(await gap.getAttribute('data-cell').then((next) => next === at), false, 'the gap is closed');
    await coordinator.photograph('coverage-filled');
  });

  step('both speakers get an account from the coordinator; who was put on shift is there, the other is not', async () => {
    await coordinator.tap('tab-roster');
    await mediator.enrol(await accountLink(proposed, 'on.shift'));
    await colleague.enrol(await accountLink(other, 'off.shift'));
    await mediator.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await colleague.page.locator('[data-testid=ready-switch][aria-checked=false]').waitFor();
    // A telephone that sleeps does not ring.
    await mediator.page.waitForFunction(() => window.watched.awake > 0);
    assert.equal(await colleague.page.evaluate(() => window.watched.awake), 0);
    await mediator.photograph('mediator-on-shift');
    await coordinator.tap('tab-now');
    await coordinator.page.locator(`[data-testid=ready-now] [data-language=${RARE}][data-ready="1"]`).waitFor();
  });

  step('the officer asks for the language: the one on shift rings, and nobody else', async () => {
    await Promise.all([mediator, colleague].map((person) => person.page.evaluate(countRings)));
    await officer.signIn(relay.links.officer);
    await call();
    const offer = officer.find('offer');
    await offer.first().waitFor();
    await mediator.sees('incoming');
    assert.equal(await offer.count(), 1, 'one offer was made');
    assert.match(await offer.innerText(), new RegExp(proposed));
    await coordinator.page.locator('[data-testid=waiting-call][data-phase=ringing]').waitFor();
    await mediator.photograph('mediator-rings');
    await mediator.tap('accept');
    await officer.page.locator('[data-testid=participant][data-role=mediator][data-connected=true]').waitFor();
    await coordinator.find('sessions-now').getByText(proposed).waitFor();
    assert.equal(await coordinator.find('waiting-call').count(), 0);
    assert.deepEqual(await rings(), [1, 0]);
    await coordinator.photograph('now-in-session');
    await end();
  });

  step('where nobody answers, the board needs the coordinator, who rings somebody by hand', async () => {
    // Whoever just interpreted switches off, so that only the colleague rings, and declines.
    await mediator.tap('ready-switch');
    await mediator.page.locator('[data-testid=ready-switch][aria-checked=false]').waitFor();
    await colleague.tap('ready-switch');
    await colleague.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await call();
    await colleague.tap('decline');
    const waiting = coordinator.page.locator('[data-testid=waiting-call][data-phase=unanswered]');
    await waiting.getByText('Needs you').waitFor();
    await coordinator.page.locator('[data-testid=tab-now] .count').waitFor();
    await coordinator.photograph('now-needs-you');
    const button = coordinator.find('ring-by-hand');
    await button.focus();
    await coordinator.page.keyboard.press('Enter');
    await coordinator.sees('ring-form');
    await coordinator.find('ring-person').pressSequentially(other);
    await coordinator.page.keyboard.press('Enter');
    const bar = new RegExp(`${other} can not be rung.*said no to this session`);
    assert.match(await coordinator.find('ring-bar').innerText(), bar);
    assert.ok(await coordinator.find('ring-send').isDisabled());
    const choice = coordinator.page.locator(`[data-alias="${proposed}"][data-by-hand=with_reason]`);
    assert.match(await choice.innerText(), /ready switch is off/);
    await choice.tap();
    assert.ok(await coordinator.find('ring-send').isDisabled(), 'an exception has a reason');
    await coordinator.find('ring-reason').fill('agreed on the telephone');
    await coordinator.photograph('now-ring-by-hand');
    for (const control of await coordinator.find('ring-form').locator('button, input').all()) {
      const { height } = await control.boundingBox();
      assert.ok(height >= 48, `${await control.getAttribute('data-testid')} is ${height} px high`);
    }
    await coordinator.find('ring-reason').press('Enter');
    await mediator.sees('incoming');
    await coordinator.page.getByText(`${proposed} is being rung.`).waitFor();
    await coordinator.page.waitForFunction(() => document.activeElement.dataset.testid === 'ring-by-hand');
    await coordinator.photograph('now-rung-by-hand');
    await mediator.tap('accept');
    await officer.page.locator('[data-testid=participant][data-role=mediator][data-connected=true]').waitFor();
    await coordinator.find('sessions-now').getByText(proposed).waitFor();
    assert.deepEqual(await rings(), [2, 1]);
    await end();
  });

  step('no page had an error that nobody caught', () => {
    assert.deepEqual(everybody().flatMap((person) => person.complaints), []);
  });
});

/** How many the roster's screen counts, without a filter. */
async function onRoster() {
  const count = coordinator.page.locator('[data-testid=roster-count]', { hasText: /[1-9]\d* of/ });
  const [, shown, all] = /(\d+) of (\d+)/.exec(await count.innerText());
  assert.equal(shown, all);
  return Number(all);
}

/** How many the relay has, whatever the screen says. */
async function stored() {
  return coordinator.page.evaluate(async () => (await (await fetch('/api/v1/mediators')).json()).length);
}

function verdicts() {
  return coordinator.find('import-counts').locator('[data-verdict]').evaluateAll((cells) =>
    Object.fromEntries(cells.map((cell) => [cell.dataset.verdict, Number(cell.querySelector('dd').innerText)])),
  );
}

/** Plans one shift by the form; the wall clock is that of the coordinator's zone. */
async function plan(alias, from, hours) {
  const [day, time] = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' })
    .format(from)
    .split(' ');
  await coordinator.tap('add-shift');
  await coordinator.find('shift-person').pressSequentially(alias);
  await coordinator.page.keyboard.press('Enter');
  await coordinator.find('shift-day').fill(day);
  await coordinator.find('shift-start').fill(time);
  await coordinator.find('shift-minutes').selectOption(String(hours * 60));
  await coordinator.tap('save-shift');
  await coordinator.find('shift-form').waitFor({ state: 'detached' });
}

/** The link for a mediator's first password, as the coordinator hands it over. */
async function accountLink(alias, login) {
  await coordinator.find('roster-search').fill(alias);
  await coordinator.page.locator(`[data-alias="${alias}"] [data-testid=make-account]`).tap();
  await coordinator.find('account-login').fill(login);
  await coordinator.tap('account-make');
  await coordinator.sees('account-link');
  const link = await coordinator.find('invite-url').inputValue();
  await coordinator.page.keyboard.press('Escape');
  await coordinator.find('account-link').waitFor({ state: 'detached' });
  return link;
}

async function call() {
  await officer.page.locator(`[data-testid=language-tile][data-language=${RARE}]`).tap();
  await officer.tap('call');
}

/** The officer ends the session, and everybody goes back to where they wait. */
async function end() {
  await officer.tap('end-session');
  await officer.tap('end-confirm');
  for (const person of [officer, mediator]) {
    await person.sees('session-over');
    await person.tap('go-home');
  }
  await mediator.sees('ready-switch');
}

/** Runs in a page: counts how often it begins to ring. */
function countRings() {
  window.rings = 0;
  let ringing = false;
  new MutationObserver(() => {
    const now = document.querySelector('[data-testid=incoming]') !== null;
    if (now && !ringing) window.rings += 1;
    ringing = now;
  }).observe(document.body, { childList: true, subtree: true });
}

const rings = () => Promise.all([mediator, colleague].map((person) => person.page.evaluate(() => window.rings)));
