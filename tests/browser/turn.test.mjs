// Two people whose network passes nothing but HTTPS: the page's transports may use TURN only, and the relay offers it
// on the TLS port of the web app. What is heard is measured from the sound that arrives.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { untilHeard } from './listen.mjs';
import { Person } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { steps } from './steps.mjs';

const folder = mkdtempSync(join(tmpdir(), 'dragoman-turn-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
let relay, officer, mediator;

const everybody = () => [officer, mediator];
const { step, failed } = steps(everybody, pictures);

/** Runs in every page before its own code: as if no packet got through but to a TURN server. */
function onlyByTurn() {
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration, ...rest) {
      super({ ...configuration, iceTransportPolicy: 'relay' }, ...rest);
    }
  };
}

/** How the sound goes: the candidates of the pair in use, of the newest transport. */
function wayOf(page) {
  return page.evaluate(async () => {
    const stats = await window.watched.transports.at(-1).getStats();
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    const pair = stats.get(transport.selectedCandidatePairId);
    const { candidateType, relayProtocol, url } = stats.get(pair.localCandidateId);
    return { candidateType, relayProtocol, url };
  });
}

describe('a call over TLS alone, in two browsers', () => {
  before(async () => {
    requireParts();
    relay = await Relay.start(folder);
    [officer, mediator] = await Promise.all(['officer', 'mediator'].map((role) => Person.arrive(role, pictures)));
    await Promise.all(everybody().map((person) => person.page.addInitScript(onlyByTurn)));
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person?.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
  });

  step('officer and mediator come together', async () => {
    const willow = relay.links.mediators.find(({ login }) => login === 'willow');
    await mediator.signIn(willow.link);
    await mediator.tap('ready-switch');
    await mediator.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await officer.signIn(relay.links.officer);
    await officer.page.locator('[data-testid=language-tile][data-language=ar]').tap();
    await officer.tap('call');
    await mediator.sees('incoming');
    await mediator.tap('accept');
    await mediator.sees('participant');
  });

  step('they hear each other, and all of it goes by TURN over TLS', async () => {
    await Promise.all(everybody().map((person) => untilHeard(person.page, 1, 20_000)));
    for (const person of everybody()) {
      const way = await wayOf(person.page);
      console.log(`${person.role}: ${JSON.stringify(way)}`);
      assert.match(way.url ?? '', /^turns:/);
      assert.equal(way.relayProtocol, 'tls');
    }
    assert.deepEqual(everybody().flatMap((person) => person.complaints), []);
  });
});
