// A transcript from the microphones to the court: a scribe with the small model writes what an officer and an interviewee
// say in their browsers; the officer corrects it and asks the mediator, who certifies it; and its files are opened by
// others than those who wrote them. With DRAGOMAN_SCREENSHOTS=DIR the screens are kept there as pictures.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { promisify } from 'node:util';
import Ajv2020 from 'ajv/dist/2020.js';
import { Person } from './people.mjs';
import { program, Relay, requireParts } from './relay.mjs';
import { microphone } from './speech.mjs';
import { steps } from './steps.mjs';

const SAID = {
  officer: { voice: 'en+f3', speed: 150, text: 'When did you arrive in this country?', pause: 6 },
  interviewee: { voice: 'sq+m4', speed: 150, text: 'Kur keni ardhur në këtë vend?', pause: 8 },
  // Somebody must have a microphone, but this one only listens.
  mediator: { voice: 'en+m3', speed: 150, text: '', pause: 5 },
};
/** As a coordinator's spreadsheet writes it. */
const GLOSSARY = '\ufeffen;sq;ar;note\r\ntrafficking in human beings;trafikim i qenieve njerëzore;الاتجار بالبشر;not smuggling\r\n';
const CORRECTED = 'When exactly did you arrive in this country?';

const folder = mkdtempSync(join(tmpdir(), 'dragoman-transcript-'));
const pictures = process.env.DRAGOMAN_SCREENSHOTS ?? join(folder, 'screens');
const execute = promisify(execFile);
let relay, officer, mediator, interviewee, coordinator, session, line;

const everybody = () => [officer, mediator, interviewee, coordinator];
const { step, failed } = steps(everybody, pictures);

describe('a transcript', () => {
  before(async () => {
    requireParts();
    const arrived = await Promise.allSettled([
      Relay.start(folder),
      ...['officer', 'mediator', 'interviewee'].map((role) =>
        Person.arrive(role, pictures, microphone(folder, role, SAID[role]).file),
      ),
      Person.arrive('coordinator', pictures),
    ]);
    [relay, officer, mediator, interviewee, coordinator] = arrived.map(({ value }) => value);
    const missing = arrived.find(({ status }) => status === 'rejected');
    if (missing) throw missing.reason;
    relay.writeAlong(folder);
  }, { timeout: 60_000 });

  after(async () => {
    await Promise.allSettled(everybody().map((person) => person?.leave()));
    await relay?.end();
    if (!failed()) rmSync(folder, { recursive: true, force: true });
  });

  step('a coordinator puts a glossary there', async () => {
    await coordinator.signIn(relay.links.coordinator);
    await coordinator.tap('tab-glossaries');
    const file = { name: 'terms.csv', mimeType: 'text/csv', buffer: Buffer.from(GLOSSARY) };
    await coordinator.find('glossary-file-trafficking').setInputFiles(file);
    await coordinator.sees('glossary-done');
    await coordinator.photograph('glossaries');
  });

  step('two people speak, and a scribe writes it on the officer’s screen', async () => {
    const heron = relay.links.mediators.find(({ login }) => login === 'heron');
    await mediator.signIn(heron.link);
    await mediator.tap('ready-switch');
    await mediator.page.locator('[data-testid=ready-switch][aria-checked=true]').waitFor();
    await officer.signIn(relay.links.officer);
    await officer.page.locator('[data-testid=language-tile][data-language=sq]').tap();
    await officer.tap('wish-transcript');
    await officer.find('more').locator('summary').tap();
    await officer.page.locator('[data-testid=about] label:has([data-value=trafficking])').tap();
    await officer.tap('call');
    await mediator.tap('accept');
    await interviewee.page.goto(await officer.find('invite-url').inputValue());
    await interviewee.tap('join');
    await interviewee.tap('info-read');
    await interviewee.tap('consent-interpreting-yes');
    await interviewee.tap('consent-transcription-yes');
    await mediator.find('terms').locator('summary').tap();
    await mediator.find('terms').getByText('trafikim i qenieve njerëzore').waitFor();
    await mediator.photograph('terms-mediator');
    await officer.page.locator('[data-testid=caption]').nth(2).waitFor({ timeout: 45_000 });
  });

  step('the officer loads the page again, and the captions are still there', async () => {
    const captions = officer.page.locator('[data-testid=caption]');
    const read = (await captions.allInnerTexts()).slice(0, 3);
    await officer.page.reload();
    // Sooner than anybody says three sentences more.
    await captions.nth(2).waitFor({ timeout: 6_000 });
    assert.deepEqual((await captions.allInnerTexts()).slice(0, 3), read);
    await officer.photograph('captions-again');
    await officer.tap('end-session');
    await officer.tap('end-confirm');
    await officer.sees('session-over');
    session = /session\/([0-9a-f-]+)/.exec(officer.page.url())[1];
  });

  step('the officer says why, reads what the machine wrote, and corrects a line', async () => {
    await officer.page.goto(new URL(`/#/transcript/${session}`, officer.page.url()).href);
    await officer.find('transcript-reason').fill('Case file 2026/118');
    await officer.tap('transcript-open');
    await officer.page.locator('[data-testid=transcript][data-reader=officer]').waitFor();
    const english = officer.page.locator('[data-testid=line]', { hasText: SAID.officer.text }).first();
    await english.waitFor();
    line = await english.getAttribute('data-entry');
    await officer.photograph('transcript-officer');
    await officer.page.locator(`[data-head="${line}"]`).tap();
    await entry(officer).locator('[data-testid=correct-line]').tap();
    await officer.find('correct-text').fill(CORRECTED);
    await officer.tap('correct-save');
    await officer.page.locator(`[data-entry="${line}"][data-status=corrected]`).waitFor();
    await entry(officer).locator('[data-testid=line-before]').waitFor();
    await officer.photograph('transcript-corrected');
    await officer.tap('open-checks');
    await officer.tap('ask-check');
    await officer.page.locator('[data-testid=check][data-state=asked]').waitFor();
    await officer.tap('checks-close');
  });

  step('the mediator, once asked, certifies all of it and is through', async () => {
    await mediator.page.goto(new URL('/', mediator.page.url()).href);
    await mediator.page.locator(`[data-testid=my-checks] [data-session="${session}"] [data-testid=open-check]`).tap();
    await mediator.page.locator('[data-testid=transcript][data-reader=mediator]').waitFor();
    await mediator.photograph('transcript-mediator');
    await mediator.tap('choose-mine');
    await mediator.tap('certify-chosen');
    await mediator.photograph('transcript-certify');
    await mediator.tap('certify-do');
    await mediator.page.locator('[data-testid=transcript-state][data-drafts="0"]').waitFor();
    await mediator.tap('finish-check');
    await mediator.tap('finish-do');
    await mediator.sees('ready-switch');
    assert.equal(await mediator.find('my-checks').count(), 0);
  });

  step('every file says so, and opens in programs that are not ours', async () => {
    await officer.page.reload();
    await officer.find('transcript-reason').fill('Case file 2026/118');
    await officer.tap('transcript-open');
    await officer.page.locator('[data-testid=transcript-state][data-drafts="0"]').waitFor();
    await officer.tap('open-files');
    await officer.photograph('transcript-files');
    const files = {};
    for (const format of ['pdf', 'docx', 'vtt', 'txt', 'json', 'record']) {
      const arriving = officer.page.waitForEvent('download');
      await officer.tap(`file-${format}`);
      files[format] = join(folder, `file.${format}`);
      await (await arriving).saveAs(files[format]);
    }
    const document = JSON.parse(readFileSync(files.json, 'utf8'));
    const found = document.entries.find((one) => String(one.number) === line);
    assert.deepEqual([found.text, found.status, found.before[0].text], [CORRECTED, 'certified', SAID.officer.text]);
    assert.ok(document.entries.some((one) => one.language === 'sq' && one.text === SAID.interviewee.text));
    const schema = await officer.page.evaluate(async () => (await fetch('/api/v1/transcript.schema.json')).json());
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.equal(validate({ ...document, entries: [{}] }), false);

    const cues = await cuesOf(readFileSync(files.vtt, 'utf8'));
    assert.equal(cues.length, document.entries.length);
    assert.ok(cues.some(({ text, id }) => id === line && text.includes(CORRECTED)), JSON.stringify(cues));
    assert.ok(cues.every(({ from, until }) => until > from));

    const text = readFileSync(files.txt, 'utf8');
    for (const said of [CORRECTED, SAID.officer.text, SAID.interviewee.text, document.record.chain]) {
      assert.ok(text.includes(said), `${said} is not in the text`);
    }
    assert.equal(readFileSync(files.pdf).toString('latin1', 0, 5), '%PDF-');
    const { stdout: paper } = await execute('pdftotext', ['-layout', files.pdf, '-'], { maxBuffer: 16e6 });
    for (const said of [CORRECTED, SAID.interviewee.text]) assert.ok(paper.includes(said), `${said} is not in the PDF`);
    const { stdout: word } = await execute('unzip', ['-p', files.docx, 'word/document.xml'], { maxBuffer: 16e6 });
    assert.ok(word.includes(CORRECTED), 'the correction is in the DOCX');
    const { stdout } = await execute(program, ['verify', files.record]);
    assert.ok(stdout.includes(document.record.chain) && stdout.includes(document.record.revisions_chain), stdout);
  });

  step('no page had an error that nobody caught', () => {
    assert.deepEqual(everybody().flatMap((person) => person.complaints), []);
  });
});

const entry = (person) => person.page.locator(`[data-entry="${line}"]`);

/** The cues of a WebVTT file as Chromium's own reader finds them. */
function cuesOf(file) {
  return officer.page.evaluate(async (text) => {
    const video = document.createElement('video');
    const track = document.createElement('track');
    const read = new Promise((resolve, reject) => {
      track.onload = resolve;
      track.onerror = () => reject(new Error('this is no WebVTT'));
    });
    track.default = true;
    video.append(track);
    document.body.append(video);
    track.src = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }));
    track.track.mode = 'hidden';
    await read;
    const cues = [...track.track.cues].map((cue) => ({
      id: cue.id,
      from: cue.startTime,
      until: cue.endTime,
      text: cue.getCueAsHTML().textContent,
    }));
    video.remove();
    return cues;
  }, file);
}
