// People with their devices. Each has a browser process of its own, for a process has one microphone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { watchPage } from './listen.mjs';

const TABLET = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true };
export const DEVICES = { officer: TABLET, mediator: PHONE, interviewee: TABLET, coordinator: TABLET, colleague: PHONE };
/** Where everybody is: zones matter to whoever plans shifts. */
export const ZONE = 'Europe/Tirane';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  // The relay made its certificate itself. People are asked once whether they trust it; the service worker asks nobody.
  '--ignore-certificate-errors',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

export class Person {
  #browser;
  #pictures;
  #complaints = [];

  /** Gives somebody a browser that hears `microphone`, or without a file the browser's own beeps, when the page asks for sound. */
  static async arrive(role, pictures, microphone) {
    const person = new Person();
    person.role = role;
    person.#pictures = pictures;
    mkdirSync(pictures, { recursive: true });
    person.#browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: [...FLAGS, ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`])],
    });
    const context = await person.#browser.newContext({ ...DEVICES[role], hasTouch: true, timezoneId: ZONE, ignoreHTTPSErrors: true });
    context.setDefaultTimeout(10_000);
    await context.addInitScript(watchPage);
    person.page = await context.newPage();
    person.page.on('pageerror', (error) => person.#complaints.push(`${role}: ${error.message}`));
    person.page.on('console', (message) => {
      // The page asks the relay who it is; that nobody is signed in is an answer, which browsers note as an error.
      const unknown = message.text().includes('status of 401');
      if (message.type() === 'error' && !unknown) person.#complaints.push(`${role}: ${message.text()}`);
    });
    return person;
  }

  /** Errors that the pages wrote to their consoles or did not catch. */
  get complaints() {
    return this.#complaints;
  }

  find(testid) {
    return this.page.locator(`[data-testid=${testid}]`);
  }

  tap(testid) {
    return this.find(testid).tap();
  }

  async sees(testid) {
    await this.find(testid).first().waitFor();
  }

  /** Waits until the screen says that the session stands there. */
  async seesPhase(phase) {
    await this.page.locator(`[data-testid=phase][data-phase=${phase}]`).waitFor();
  }

  async signIn(link) {
    await this.page.goto(link);
    await this.tap('sign-in');
  }

  /** Opens an enrolment link, chooses a password, and is signed in. */
  async enrol(link) {
    const password = 'four words in a row';
    await this.page.goto(link);
    await this.find('enrol-password').fill(password);
    await this.find('enrol-again').fill(password);
    await this.tap('enrol-submit');
  }

  async photograph(name) {
    await this.page.screenshot({ path: join(this.#pictures, `${name}.png`) });
  }

  async leave() {
    await this.#browser.close();
  }
}
