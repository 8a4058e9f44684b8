// Modes, asides, signs, breaks and turns as four people live them, from the screens only: an officer with a tablet, two
// mediators with phones who take turns, and an interviewee who reads Albanian.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { arrivals, lastTouch, untilHeard } from './listen.mjs';
import { Person } from './people.mjs';
import { Relay, requireParts } from './relay.mjs';
import { speak } from './speech.mjs';
import { steps } from './steps.mjs';

const SILENT_WITHIN = 200;
/** An eighth of full loudness, the usual place of the fader, and what a ramp may still be away from it. */
const USUAL_UNDER = 0.126;
const folder = mkdtempSync(join(tmpdir(), 'dragoman-interpreting-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const measured = {};
let relay, officer, mediator, interviewee, second;
const everybody = () => [officer, mediator, interviewee, second].filter((person) => person !== undefined);
const three = () => [officer, mediator, interviewee];
const { step, failed } = steps(everybody, pictures);

describe('modes, asides, signs, breaks and turns in four browsers', () => {
  before(async () => {
    requireParts();
    const speech = speak(folder);
    const roles = ['officer', 'mediator', 'interviewee', 'mediator'];
    const arrived = await Promise.allSettled([
      Relay.start(folder),
      ...roles.map((role) => Person.arrive(role, pictures, speech[role].file)),
    ]);
    [relay, officer, mediator, interviewee, second] = arrived.map(({ value }) => value);
    const missing = arrived.find(({ status }) => status === 'rejected');
    if (missing) throw missing.reason;
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
    console.log(`measured: ${JSON.stringify(measured)}`);
  });

  step('an interview goes on', async () => {
    await ready(mediator, 'heron');
    await officer.signIn(relay.links.officer);
    const albanian = officer.page.locator('[data-testid=language-tile][data-language=sq]');
    await albanian.locator('.badge.go').waitFor();
    await albanian.tap();
    await officer.tap('call');
    await mediator.tap('accept');
    await officer.sees('invite-qr');
    await interviewee.page.goto(await officer.find('invite-url').inputValue());
    await interviewee.tap('join');
    await interviewee.tap('info-read');
    await interviewee.tap('consent-interpreting-yes');
    await Promise.all(three().map((person) => person.seesPhase('live')));
    await Promise.all(three().map((person) => untilHeard(person.page, 2, 20_000)));
    assert.equal(await loudness(interviewee, 'officer'), 1);
  });

  step('at the same time: the interviewee hears the officer softly beneath the mediator who speaks Albanian', async () => {
    await officer.tap('floor-more');
    await officer.page.locator('[data-testid=mode] [data-value=simultaneous]').check({ force: true });
    await mediator.page.locator('[data-testid=floor][data-mode=simultaneous]').waitFor();
    await mediator.page.locator('[data-testid=speak-into][data-language=sq]').tap();
    await mediator.page.locator('[data-testid=speak-into][data-language=sq][aria-pressed=true]').waitFor();
    await untilLoudness(interviewee, 'officer', USUAL_UNDER);
    assert.equal(await loudness(interviewee, 'mediator'), 1);
    await interviewee.photograph('interpreting-interviewee-simultaneous');
    await mediator.photograph('interpreting-mediator-simultaneous');
  });

  step('the interviewee sets how loud the officer is, with the fader', async () => {
    await interviewee.tap('under-louder');
    await untilLoudness(interviewee, 'officer', 10 ** (-12 / 20));
    await interviewee.tap('under-softer');
    await untilLoudness(interviewee, 'officer', USUAL_UNDER);
  });

  step('the mediator speaks into the other language, and the officer hears the interviewee beneath', async () => {
    await mediator.page.locator('[data-testid=speak-into][data-language=en]').tap();
    await untilLoudness(interviewee, 'officer', 1);
    await untilLoudness(officer, 'interviewee', USUAL_UNDER);
    await participant(officer, 'interviewee').locator('[data-testid=heard-under]').waitFor();
    await officer.photograph('interpreting-officer-simultaneous');
    // The key goes back and forth.
    await mediator.page.keyboard.press('F8');
    await untilLoudness(interviewee, 'officer', USUAL_UNDER);
  });

  step('one after the other again, all are as loud as before', async () => {
    await officer.page.locator('[data-testid=mode] [data-value=consecutive]').check({ force: true });
    await untilLoudness(interviewee, 'officer', 1);
    await untilLoudness(officer, 'interviewee', 1);
  });

  step('an aside is seen by all, and the interviewee gets nothing of it', async () => {
    await officer.tap('begin-aside');
    await officer.page.locator('[data-testid=aside][data-side=yours]').waitFor();
    await mediator.page.locator('[data-testid=aside][data-side=yours]').waitFor();
    await interviewee.page.locator('[data-testid=aside][data-side=others]').waitFor();
    assert.match(await officer.find('aside').innerText(), /Blue Heron/);
    await officer.photograph('interpreting-officer-aside');
    await interviewee.photograph('interpreting-interviewee-aside');
    await pause(300);
    const before = packets(await arrivals(interviewee.page));
    await pause(1_500);
    assert.deepEqual(packets(await arrivals(interviewee.page)), before, 'nothing of the aside reaches the interviewee');
    await mediator.tap('end-aside');
    await Promise.all(three().map((person) => person.find('aside').waitFor({ state: 'detached' })));
    await untilHeard(interviewee.page, 2, 10_000);
  });

  step('a sign of the interviewee is shown to the others, and goes by itself', async () => {
    await interviewee.tap('signal-slower');
    await Promise.all([officer, mediator].map((person) => sign(person, 'slower').waitFor()));
    await mediator.photograph('interpreting-mediator-sign');
    await mediator.tap('signal-correction');
    await Promise.all([officer, interviewee].map((person) => sign(person, 'correction').waitFor()));
    await interviewee.photograph('interpreting-interviewee-sign');
    await sign(officer, 'correction').waitFor({ state: 'detached', timeout: 12_000 });
  });

  step('only the officer sees that the interviewee wishes another mediator', async () => {
    await interviewee.tap('signal-another_mediator');
    await interviewee.sees('wish-told');
    await officer.sees('wish-another');
    await officer.photograph('interpreting-officer-wish');
    assert.equal(await mediator.find('wish-another').count(), 0);
    assert.equal(await sign(mediator, 'another_mediator').count(), 0);
    await officer.find('wish-another').getByRole('button').tap();
    await officer.find('wish-another').waitFor({ state: 'detached' });
  });

  step('while the mediator holds the cough button, nobody hears them', async () => {
    // As long as the key is held; a finger does the same by pointer events.
    await mediator.page.keyboard.down('F9');
    await mediator.page.locator('[data-testid=cough][aria-pressed=true]').waitFor();
    await pause(SILENT_WITHIN);
    const before = await heardFrom(officer, 'mediator');
    await pause(1_500);
    assert.equal(await heardFrom(officer, 'mediator'), before, 'nothing of the mediator is forwarded');
    await mediator.page.keyboard.up('F9');
    await mediator.page.locator('[data-testid=cough][aria-pressed=false]').waitFor();
    await pause(1_000);
    assert.ok((await heardFrom(officer, 'mediator')) > before, 'the mediator is heard again');
  });

  step('a break by the interviewee silences their side within 200 ms, and they alone end it', async () => {
    await interviewee.tap('pause');
    const touched = await lastTouch(interviewee.page);
    await interviewee.sees('paused');
    await Promise.all([officer, mediator].map((person) => person.seesPhase('paused')));
    await pause(1_500);
    const last = Math.max(...(await arrivals(interviewee.page)).map((voice) => voice.last)) - touched;
    measured.break_to_last_packet_ms = Math.round(last);
    assert.ok(last > -1_000, 'packets came until the break');
    assert.ok(last <= SILENT_WITHIN, `the interviewee received for ${last} ms after the touch`);
    const before = await heardFrom(officer, 'interviewee');
    await pause(1_000);
    assert.equal(await heardFrom(officer, 'interviewee'), before, 'nothing of the interviewee is forwarded');
    // Officer and mediator go on hearing each other, and can not end it.
    await untilHeard(officer.page, 1, 5_000);
    assert.equal(await officer.find('resume').count(), 0);
    await officer.photograph('interpreting-officer-break');
    await interviewee.photograph('interpreting-interviewee-break');
    await interviewee.tap('resume');
    await Promise.all(three().map((person) => person.seesPhase('live')));
    await Promise.all(three().map((person) => untilHeard(person.page, 2, 10_000)));
  });

  step('a second mediator comes, listens, and is heard by nobody', async () => {
    await ready(second, 'wolf');
    await officer.tap('request-relief');
    await second.tap('accept');
    await second.sees('only-listens');
    await officer.sees('relief');
    await untilHeard(second.page, 2, 20_000);
    await second.photograph('interpreting-second-listens');
    // Unheard, although the microphone is open: nobody receives a packet of theirs.
    const theirs = await idOf(second);
    assert.equal(await heardFrom(officer, { id: theirs }), 0);
  });

  step('the second mediator is ready, takes over after a countdown, and the first may leave', async () => {
    await second.page.locator('[data-testid=ready-to-take-over]').check({ force: true });
    await officer.tap('hand-over');
    await Promise.all([officer, mediator, second].map((person) => person.sees('countdown')));
    await second.photograph('interpreting-second-countdown');
    await second.sees('your-turn');
    await mediator.sees('only-listens');
    const theirs = await idOf(second);
    await pause(1_000);
    assert.ok((await heardFrom(officer, { id: theirs })) > 0, 'the second mediator is heard');
    const before = await heardFrom(officer, 'mediator');
    await pause(1_000);
    assert.equal(await heardFrom(officer, 'mediator'), before, 'the first mediator is heard no longer');
    await mediator.tap('leave');
    await mediator.tap('leave-confirm');
    await mediator.sees('ready-switch');
    await officer.page.locator(`[data-testid=participant][data-role=mediator]`).filter({ hasText: 'Blue Heron' }).waitFor({ state: 'detached' });
    await officer.photograph('interpreting-officer-taken-over');
  });

  step('no page had an error that nobody caught', () => {
    assert.deepEqual(everybody().flatMap((person) => person.complaints), []);
  });
});

async function ready(person, login) {
  await person.signIn(relay.links.mediators.find((one) => one.login === login).link);
  await person.tap('ready-switch');
  await person.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
}

const sign = (person, signal) => person.page.locator(`[data-testid=sign][data-signal=${signal}]`);
const participant = (person, role) => person.page.locator(`[data-testid=participant][data-role=${role}]`).first();

/** The participant that a page is, as its own row says. */
async function idOf(person) {
  const own = person.page.locator('[data-testid=participant]').filter({ has: person.page.locator('.who > .hint').filter({ hasText: '(' }) });
  return own.first().getAttribute('data-participant');
}

/** How loud a page plays whoever has this role, from 0 to 1. */
async function loudness(person, role) {
  const id = await participant(person, role).getAttribute('data-participant');
  return person.page.locator(`audio[data-participant="${id}"]`).evaluate((audio) => audio.volume);
}

async function untilLoudness(person, role, wanted) {
  const until = Date.now() + 5_000;
  let found;
  while (Date.now() < until) {
    found = await loudness(person, role);
    if (Math.abs(found - wanted) < 0.01) return;
    await pause(30);
  }
  throw new Error(`${person.role} plays ${role} at ${found}, not at ${wanted}`);
}

/** How many packets a page has received of somebody's voice, by role or by participant; 0: none ever came. */
async function heardFrom(person, who) {
  const id = typeof who === 'string' ? await participant(person, who).getAttribute('data-participant') : who.id;
  return person.page.evaluate(async (id) => {
    const track = document.querySelector(`audio[data-participant="${id}"]`)?.srcObject?.getAudioTracks()[0];
    if (track === undefined) return 0;
    for (const transport of window.watched.transports.filter((one) => one.connectionState === 'connected')) {
      const receiver = transport.getReceivers().find((one) => one.track === track);
      if (receiver === undefined) continue;
      for (const stats of (await receiver.getStats()).values()) {
        if (stats.type === 'inbound-rtp') return stats.packetsReceived;
      }
    }
    return 0;
  }, id);
}

const packets = (voices) => voices.map(({ mid, packets: count }) => [mid, count]).sort();
