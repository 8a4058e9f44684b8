// A session planned ahead, through the screens: the officer plans, one of two mediators agrees and gives it back, the
// other one takes over, the officer begins when it is time. In between, mediators see to their own shifts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Person } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { speak } from './speech.mjs';
import { steps } from './steps.mjs';

const folder = mkdtempSync(join(tmpdir(), 'dragoman-bookings-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const MINUTE = 60_000;
let relay, officer, heron, wolf;
const everybody = () => [officer, heron, wolf].filter((person) => person !== undefined);
const { step, failed } = steps(everybody, pictures);

describe('sessions planned ahead in three browsers', () => {
  before(async () => {
    requireParts();
    const { file } = speak(folder).officer;
    const arrived = await Promise.allSettled([
      Relay.start(folder),
      ...['officer', 'mediator', 'mediator'].map((role) => Person.arrive(role, pictures, file)),
    ]);
    [relay, officer, heron, wolf] = arrived.map(({ value }) => value);
    const failed = arrived.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
  });

  step('an officer plans a session an hour ahead, and sees that two are asked', async () => {
    await officer.signIn(relay.links.officer);
    await plan('sq', 60 * MINUTE);
    await officer.sees('plan-made');
    const planned = row(officer, 'planned');
    await planned.and(officer.page.locator('[data-state=seeking]')).waitFor();
    assert.match(await planned.innerText(), /Albanian/);
    // Less than two hours ahead, coordinators are told as well.
    await planned.filter({ hasText: /Nobody yet|2 asked/ }).waitFor();
    await officer.photograph('bookings-planned');
  });

  step('both mediators are asked, in their own language and by their own clocks', async () => {
    for (const [person, login] of [[heron, 'heron'], [wolf, 'wolf']]) {
      await person.signIn(relay.links.mediators.find((mediator) => mediator.login === login).link);
      const asked = row(person, 'asked-booking');
      await asked.waitFor();
      assert.match(await asked.innerText(), /Shqip – Anglisht[^]*Viktimë/);
      assert.match(await asked.innerText(), new RegExp(await clockAt(person, await plannedAt())));
    }
    await heron.photograph('bookings-asked');
  });

  step('one agrees, and the officer sees who will come', async () => {
    await heron.tap('accept-booking');
    await heron.sees('agreed-booking');
    assert.equal(await row(heron, 'asked-booking').count(), 0);
    await heron.photograph('bookings-agreed');
    await officer.page.reload();
    const planned = row(officer, 'planned');
    await planned.and(officer.page.locator('[data-state=confirmed]')).waitFor();
    assert.match(await planned.innerText(), /Blue Heron/);
    await officer.photograph('bookings-confirmed');
  });

  step('the other, who had not looked since, is told that it is taken', async () => {
    await wolf.tap('accept-booking');
    await wolf.sees('plan-problem');
    await row(wolf, 'asked-booking').waitFor({ state: 'detached' });
    await wolf.photograph('bookings-taken');
  });

  step('who can not come after all gives it back, and the other is asked again', async () => {
    await heron.tap('give-back');
    await heron.sees('act-dialog');
    await heron.find('act-reason').fill('Sëmurë');
    await heron.tap('act-do');
    await row(heron, 'agreed-booking').waitFor({ state: 'detached' });
    await officer.page.reload();
    const planned = row(officer, 'planned');
    await planned.and(officer.page.locator('[data-state=seeking]')).waitFor();
    assert.doesNotMatch(await planned.innerText(), /Blue Heron/);
    await wolf.page.reload();
    await wolf.sees('asked-booking');
    await wolf.tap('decline-booking');
    await row(wolf, 'asked-booking').waitFor({ state: 'detached' });
  });

  step('the officer calls it off with a reason', async () => {
    await officer.tap('cancel-planned');
    assert.ok(await officer.find('act-do').isDisabled(), 'a reason is needed');
    await officer.find('act-reason').fill('The interview was moved');
    await officer.tap('act-do');
    await row(officer, 'planned').waitFor({ state: 'detached' });
  });

  step('a session that is due is begun, and rings whoever agreed', async () => {
    await plan('sq', 10 * MINUTE);
    await officer.sees('begin-planned');
    await heron.page.reload();
    await heron.tap('accept-booking');
    await heron.sees('agreed-booking');
    await heron.tap('ready-switch');
    await heron.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await officer.photograph('bookings-due');
    await officer.tap('begin-planned');
    await heron.sees('incoming');
    await officer.seesPhase('ringing');
    await heron.tap('accept');
    await officer.seesPhase('briefing');
    await officer.photograph('bookings-begun');
  });

  step('a mediator plans a weekly shift and leaves one of them out', async () => {
    await wolf.tap('add-own-shift');
    await wolf.page.locator('[data-testid=own-shift-weekly]').check({ force: true });
    await wolf.tap('add-own-shift-do');
    await wolf.sees('own-shift');
    await wolf.photograph('bookings-shift');
    const before = await row(wolf, 'own-shift').count();
    await row(wolf, 'skip-own-shift').first().tap();
    await wolf.tap('act-do');
    await wolf.find('act-dialog').waitFor({ state: 'detached' });
    assert.equal(await row(wolf, 'own-shift').count(), before - 1);
  });

  step('no page had an error that nobody caught', () => {
    // That a yes came too late is an answer, which browsers note as an error.
    const complaints = everybody().flatMap((person) => person.complaints).filter((text) => !text.includes('status of 409'));
    assert.deepEqual(complaints, []);
  });
});

const row = (person, testid) => person.page.locator(`[data-testid=${testid}]`);

/** The officer plans for so long from now, by the clock of their device. */
async function plan(language, ahead) {
  await officer.page.locator(`[data-testid=language-tile][data-language=${language}]`).tap();
  await officer.tap('plan-later');
  const wall = await officer.page.evaluate((milliseconds) => {
    const at = new Date(Date.now() + milliseconds);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  }, ahead);
  await officer.find('plan-day').fill(wall.slice(0, 10));
  await officer.find('plan-time').fill(wall.slice(11, 16));
  await officer.photograph('bookings-plan');
  await officer.tap('plan-do');
  await officer.find('plan-dialog').waitFor({ state: 'detached' });
}

/** When the officer's session begins. */
function plannedAt() {
  return officer.page.evaluate(async () => (await (await fetch('/api/v1/bookings')).json())[0].span.from);
}

/** A time by the clock of somebody's device. */
function clockAt(person, at) {
  const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return person.page.evaluate(([time, how]) => new Date(time).toLocaleTimeString('en-GB', how), [at, options]);
}
