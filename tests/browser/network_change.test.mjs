// The network is gone for five seconds, and everybody comes back from another address: an officer and a mediator hear
// each other again within a second, on the same page and by the same transport.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { arrivals, untilHeard } from './listen.mjs';
import { Passage } from './passage.mjs';
import { Person } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { speak } from './speech.mjs';
import { steps } from './steps.mjs';

const OUTAGE = 5_000;
const BACK_WITHIN = 1_000;
/** A browser whose address changes without its knowing goes on checking its way every 2.5 s only. */
const NOTICED_WITHIN = 3_000;
/** Where browsers find the relay, and where it is. */
const [OUTSIDE, INSIDE] = ['127.0.0.3', '127.0.0.2'];

const folder = mkdtempSync(join(tmpdir(), 'dragoman-network-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const measured = { back_after_ms: [] };
let relay, passage, speech, officer, mediator;

const everybody = () => [officer, mediator];
const { step, failed } = steps(everybody, pictures);

describe('a change of network in two browsers', () => {
  before(async () => {
    requireParts();
    speech = speak(folder);
    relay = await Relay.start(folder, (port) => ['--media', `${INSIDE}:${port}`, '--media-public', OUTSIDE]);
    passage = await Passage.open({ address: OUTSIDE, port: relay.port }, { address: INSIDE, port: relay.port });
    [officer, mediator] = await Promise.all(
      ['officer', 'mediator'].map((role) => Person.arrive(role, pictures, speech[role].file)),
    );
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person?.leave()));
    passage?.close();
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
    console.log(`measured: ${JSON.stringify(measured)}`);
  });

  step('an officer and a mediator hear each other', async () => {
    await mediator.signIn(relay.links.mediators.find(({ login }) => login === 'willow').link);
    await mediator.tap('ready-switch');
    await mediator.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await officer.signIn(relay.links.officer);
    await officer.page.locator('[data-testid=language-tile][data-language=ar] .badge.go').waitFor();
    await officer.page.locator('[data-testid=language-tile][data-language=ar]').tap();
    await officer.tap('call');
    await mediator.tap('accept');
    await Promise.all(everybody().map((person) => untilHeard(person.page, 1, 20_000)));
  });

  const cases = [
    ['unnoticed', 0, NOTICED_WITHIN],
    ['after five seconds without any', OUTAGE, BACK_WITHIN],
    ['after five seconds once more', OUTAGE, BACK_WITHIN],
  ];
  for (const [name, outage, within] of cases) {
    step(`another network, ${name}`, async () => {
      passage.cut(true);
      passage.move();
      await pause(outage);
      const before = await Promise.all(everybody().map(packets));
      passage.cut(false);
      const began = Date.now();
      const back = await Promise.all(everybody().map((person, at) => untilMore(person, before[at], began)));
      measured.back_after_ms.push(...back);
      assert.ok(Math.max(...back) <= within, `heard again after ${back} ms`);
      await Promise.all(everybody().map((person) => untilHeard(person.page, 1, 10_000)));
      // It goes on.
      await pause(2_000);
      const later = await Promise.all(everybody().map(packets));
      assert.ok(later.every((count, at) => count > before[at] + 50));
      const transports = everybody().map((person) => person.page.evaluate(() => window.watched.transports.length));
      assert.deepEqual(await Promise.all(transports), [1, 1], 'no page made another transport');
    });
  }

  step('no page had an error that nobody caught', () => {
    assert.deepEqual(everybody().flatMap((person) => person.complaints), []);
  });
});

async function packets(person) {
  return (await arrivals(person.page)).reduce((sum, voice) => sum + voice.packets, 0);
}

async function untilMore(person, before, began) {
  while (Date.now() < began + 10_000) {
    if ((await packets(person)) > before) return Date.now() - began;
    await pause(10);
  }
  throw new Error(`${person.role} received nothing within ten seconds`);
}
