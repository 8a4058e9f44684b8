// Agencies and other calendars, through the screens: an administrator keeps agencies, a coordinator gives a link away and
// takes it back, and a calendar file becomes shifts whole or not at all. With DRAGOMAN_SCREENSHOTS=DIR the screens are kept
// there as pictures.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { Person } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { steps } from './steps.mjs';

const folder = mkdtempSync(join(tmpdir(), 'dragoman-calendars-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const DAY = 86_400_000;
let relay, administrator, coordinator;
/** The secret address of Blue Heron's shifts. */
let address;
const everybody = () => [administrator, coordinator].filter((person) => person !== undefined);
const { step, failed } = steps(everybody, pictures);

/** Two days ahead, so that it is in no week that is over. */
const day = new Date(Date.now() + 2 * DAY).toISOString().slice(0, 10).replaceAll('-', '');
const NIGHT = ['DTSTART:20240102T220000', 'DTEND:20240103T060000', 'RRULE:FREQ=WEEKLY;BYDAY=TU,TH'];
const MORNING = [`DTSTART;TZID=Europe/London:${day}T080000`, `DTEND;TZID=Europe/London:${day}T120000`];
const WHOLE_DAY = [`DTSTART;VALUE=DATE:${day}`];
const EXTRA_DATES = [...MORNING, `RDATE;TZID=Europe/London:${day}T180000`];

describe('agencies and other calendars', () => {
  before(async () => {
    requireParts();
    const arrived = await Promise.allSettled([
      Relay.start(folder),
      ...['coordinator', 'coordinator'].map((role) => Person.arrive(role, pictures)),
    ]);
    [relay, administrator, coordinator] = arrived.map(({ value }) => value);
    const missing = arrived.find(({ status }) => status === 'rejected');
    if (missing) throw missing.reason;
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
  });

  step('an administrator adds an agency and gives it another name', async () => {
    await administrator.signIn(relay.links.administrator);
    await administrator.tap('tab-accounts');
    await addAgency('al-border', 'Policia Kufitare', 'al');
    await agency('AL-BORDER').getByText('Policia Kufitare').waitFor();
    await agency('AL-BORDER').locator('[data-testid=edit-agency]').tap();
    await administrator.find('agency-name').fill('Border Police');
    await administrator.find('agency-zone').selectOption('Europe/Belgrade');
    await administrator.tap('save-agency');
    await agency('AL-BORDER').getByText('Border Police').waitFor();
    assert.match(await agency('AL-BORDER').innerText(), /AL-BORDER · Albania · Europe\/Belgrade/);
  });

  step('a code that is taken is refused in words, and a code of another form is not even sent', async () => {
    await addAgency('AL-BORDER', 'Another', 'AL');
    await administrator.page.getByText('There is an agency of this code already.').waitFor();
    await administrator.find('agency-code').fill('AL BORDER!');
    assert.ok(await administrator.find('save-agency').isDisabled());
    await administrator.page.keyboard.press('Escape');
    await agency('AL-BORDER').getByText('Border Police').waitFor();
    assert.equal(await administrator.find('agencies').locator('li').count(), 1);
  });

  step('the coordinator\'s account works for the agency from now on', async () => {
    const account = administrator.page.locator('[data-login=coordinator]');
    await account.getByText('Coordinator · No agency').waitFor();
    await account.locator('[data-testid=move-account]').tap();
    await administrator.find('account-agency').selectOption('AL-BORDER');
    await administrator.tap('save-account-agency');
    await account.getByText('Coordinator · Border Police').waitFor();
    await administrator.photograph('agencies');
    await keepFor('AL-BORDER', 'Blue Heron');
    await coordinator.signIn(relay.links.coordinator);
    await coordinator.sees('tab-calendar');
    assert.equal((await ask('/api/v1/me')).agency, 'AL-BORDER');
  });

  step('a link is made for one mediator, shown once, and answers without a login', async () => {
    await coordinator.tap('tab-calendar');
    await coordinator.tap('other-calendars');
    await choose('feed-person', 'Blue Heron');
    await coordinator.tap('make-feed');
    address = await coordinator.find('feed-url').inputValue();
    assert.match(address, /^https:\/\/localhost:\d+\/feeds\/[\w-]{43}\.ics$/);
    await coordinator.photograph('feed-made');
    assert.match((await read()).text, /BEGIN:VCALENDAR/);
    await coordinator.page.keyboard.press('Escape');
    await coordinator.tap('other-calendars');
    await coordinator.find('feeds').getByText('Blue Heron').waitFor();
    assert.ok(!(await coordinator.page.content()).includes(address), 'the address is shown once');
  });

  step('a file in which two events can not become shifts says why, and nothing is stored', async () => {
    await coordinator.find('other-what').locator('label').nth(1).tap();
    await choose('import-person', 'Blue Heron');
    await bring('bad.ics', NIGHT, WHOLE_DAY, EXTRA_DATES);
    await coordinator.sees('import-problems');
    const said = await coordinator.page.locator('ol.rows li').allInnerTexts();
    assert.equal(said.length, 2);
    assert.match(said[0], /Event 2[^]*Title 2[^]*not a whole day/);
    assert.match(said[1], /Event 3[^]*Title 3[^]*extra dates/);
    assert.equal(await coordinator.find('import-take').count(), 0);
    assert.equal((await stored()).length, 0);
    await coordinator.photograph('calendar-file-refused');
  });

  step('a good file is shown first and stored by a second touch; calendar and link have its shifts', async () => {
    await bring('good.ics', NIGHT, MORNING);
    await coordinator.sees('import-take');
    const shown = await coordinator.find('import-shifts').locator('li').allInnerTexts();
    assert.match(shown[0], /Tue 2 Jan 2024, 22:00–06:00\s+every week: Tue, Thu\s+On shift/);
    assert.match(shown[1], /08:00–12:00\s+Once · Europe\/London/);
    assert.equal((await stored()).length, 0, 'a preview stores nothing');
    await coordinator.tap('import-take');
    await coordinator.sees('import-done');
    assert.deepEqual((await stored()).map(({ shift }) => shift.zone).sort(), ['Europe/London', 'Europe/Tirane']);
    await coordinator.tap('import-close');
    await coordinator.page.locator('[data-testid=calendar] button.shift').first().waitFor();
    assert.equal(await coordinator.find('calendar-person').inputValue(), 'Blue Heron');
    await coordinator.photograph('calendar-imported');
    const { text } = await read();
    assert.match(text, /RRULE:FREQ=WEEKLY/);
    assert.ok(!text.includes('Title'), 'titles of other calendars are left behind');
  });

  step('the link is revoked, and its address leads nowhere', async () => {
    await coordinator.tap('other-calendars');
    await coordinator.find('other-what').locator('label').first().tap();
    await coordinator.find('feeds').getByText(/last read on/).waitFor();
    await coordinator.tap('revoke-feed');
    await coordinator.tap('revoke-feed-yes');
    await coordinator.page.getByText('No links yet.').waitFor();
    assert.equal((await read()).status, 404);
  });

  step('no page complained', () => {
    // What was refused above on purpose: a code that is taken, and the address after its end.
    const refused = /status of (409|404)/;
    assert.deepEqual(everybody().flatMap((person) => person.complaints).filter((said) => !refused.test(said)), []);
  });
});

const agency = (code) => administrator.page.locator(`[data-agency=${code}]`);

async function addAgency(code, name, country) {
  await administrator.tap('add-agency');
  await administrator.find('agency-code').fill(code);
  await administrator.find('agency-name').fill(name);
  await administrator.find('agency-country').fill(country);
  await administrator.tap('save-agency');
}

async function choose(testid, alias) {
  await coordinator.find(testid).fill(alias);
  await coordinator.page.locator(`[role=option][data-alias="${alias}"]`).tap();
}

/** Chooses a calendar file of such events. */
async function bring(name, ...events) {
  const lines = events.flatMap((event, n) => [
    'BEGIN:VEVENT',
    `UID:${n}@elsewhere.example`,
    'DTSTAMP:20240101T000000Z',
    `SUMMARY:Title ${n + 1}`,
    ...event,
    'END:VEVENT',
  ]);
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//elsewhere//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  await coordinator.find('ics-file').setInputFiles({ name, mimeType: 'text/calendar', buffer: Buffer.from(text) });
}

/** What the link's address answers to somebody without a login. */
function read() {
  return coordinator.page.evaluate(async (url) => {
    const answer = await fetch(url, { credentials: 'omit' });
    return { status: answer.status, text: await answer.text() };
  }, address);
}

/** The administrator gives a mediator to an agency: its coordinator plans for nobody else. */
async function keepFor(agency, alias) {
  await administrator.tap('tab-roster');
  await administrator.find('roster-search').fill(alias);
  await administrator.page.locator('[data-testid=edit-mediator]').first().tap();
  await administrator.find('mediator-form').locator('summary', { hasText: 'Where and for whom' }).tap();
  await administrator.find('agency').fill(agency);
  await administrator.tap('save-mediator');
  await administrator.find('mediator-form').waitFor({ state: 'detached' });
}

function ask(path) {
  return coordinator.page.evaluate(async (path) => (await fetch(path)).json(), path);
}

/** Shifts of the next days that the relay keeps. */
function stored() {
  return ask(`/api/v1/shifts?from=${Date.now()}&until=${Date.now() + 14 * DAY}`);
}
