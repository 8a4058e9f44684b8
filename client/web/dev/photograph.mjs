/**
 * Photographs the gallery: `npm run screens -- [--out DIR] [NAME[:LANGUAGE[:dark][:phone][:rtl][:full][:MEDIATORS]] …]`.
 * Starts Vite by itself; without names it takes every screen, on a tablet and on a phone.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt < 0 ? 'node_modules/.screens' : args.splice(outAt, 2)[1];
mkdirSync(out, { recursive: true });

const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
await server.listen();
const origin = server.resolvedUrls.local[0];
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

const BAD_ROSTER = [
  'alias,languages,qualification',
  'Blue Heron,sq:native; en:fluent,interpreter',
  'Quiet River,sq,interpreter',
  'North Star,ps:native; en:excellent,interpreter',
  'Olive Path,tr:native; en:fluent,sworn_interpreter',
].join('\n');
/** Three events of which, for the second file, one can not become a shift. */
const calendar = (...more) =>
  [
    'BEGIN:VCALENDAR',
    ...[
      ['DTSTART:20261130T220000', 'RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270301'],
      ['DTSTART:20261205T080000'],
      ['DTSTART:20270103T140000', 'RRULE:FREQ=MONTHLY;BYDAY=1SU'],
      ...more,
    ].map((lines) => ['BEGIN:VEVENT', 'SUMMARY:Night duty', ...lines, 'END:VEVENT'].join('\n')),
    'END:VCALENDAR',
  ].join('\n');
const firstPerson = (testid) => [`[data-testid=${testid}]`, '[role=option] >> visible=true'];
const readIcs = (...more) => [
  '[data-testid=other-calendars]',
  '[data-testid=other-what] label >> nth=1',
  ...firstPerson('import-person'),
  { file: 'ics-file', name: 'shifts.ics', text: calendar(...more) },
];

/** What is touched before a photograph, by the screen's name. */
const TOUCHES = {
  'floor-more': ['[data-testid=floor-more]'],
  'live-terms-found': [{ optional: '[data-testid=terms] summary' }, { type: 'term-search', text: 'تهريب smug' }],
  officer: ['[data-testid=language-tile]'],
  'officer-plan': ['[data-testid=language-tile]', '[data-testid=plan-later]'],
  'officer-plan-language': ['[data-testid=plan-later]'],
  'officer-call-off': ['[data-testid=cancel-planned]'],
  'mediator-plans-late': ['[data-testid=accept-booking]'],
  'mediator-give-back': ['[data-testid=give-back]'],
  'mediator-skip': ['[data-testid=skip-own-shift]'],
  'mediator-add-shift': ['[data-testid=add-own-shift]'],
  'now-ring': ['[data-testid=ring-by-hand]', '[data-testid=ring-choice] >> nth=1'],
  'roster-edit': ['[data-testid=edit-mediator]', '[data-testid=private-show]'],
  'roster-import': ['[data-testid=import-roster]', { file: 'import-file', name: 'roster.csv', text: BAD_ROSTER }],
  'calendar-spring': ['[data-testid=people-week] button >> nth=2'],
  'calendar-autumn': ['[data-testid=people-week] button >> nth=2'],
  'calendar-language': ['[data-testid=calendar-by] label >> nth=1'],
  'calendar-shift': ['[data-testid=add-shift]', '[data-testid=shift-repeats] label >> nth=1'],
  'calendar-links': ['[data-testid=other-calendars]'],
  'calendar-link-made': ['[data-testid=other-calendars]', ...firstPerson('feed-person'), '[data-testid=make-feed]', '[data-testid=revoke-feed] >> nth=1'],
  'calendar-file': readIcs(),
  'calendar-file-bad': readIcs(['DTSTART:20261210T080000', 'RDATE:20261212T080000']),
  'transcript-line': [{ near: '[data-entry="27"]' }, '[data-head="27"]'],
  'transcript-chosen': ['[data-testid=choose-mine]'],
  'transcript-certify': ['[data-head="24"]', '[data-entry="24"] [data-testid=certify-line]'],
  'transcript-finish': ['[data-testid=finish-check]'],
  'transcript-editing': ['[data-head="27"]', '[data-entry="27"] [data-testid=correct-line]', { type: 'correct-text', text: ' I think.' }, '[data-entry="27"] [data-testid=line-before] summary'],
  'transcript-changed': ['[data-head="27"]', '[data-entry="27"] [data-testid=correct-line]', { type: 'correct-text', text: ' I think.' }, '[data-testid=correct-save]'],
  'transcript-comment': ['[data-head="25"]', '[data-entry="25"] [data-testid=comment-line]', { type: 'comment-text', text: '“Keni ardhur” is the polite form.' }],
  'transcript-search': [{ type: 'transcript-search', text: 'kemal' }, '[data-testid=next-hit]', '[data-testid=next-hit]'],
  'transcript-recording': [{ file: 'open-recording', name: 'interview-room-2.wav', text: '' }, '[data-head="24"]', '[data-testid=align-here]'],
  'transcript-downloads': ['[data-testid=open-files]'],
  'transcript-checks': ['[data-testid=open-checks]'],
  glossaries: [{ file: 'glossary-file-minors', name: 'children.csv', text: 'en,sq,note\nguardian,kujdestar,\nbest interests of the child,interesi më i lartë i fëmijës,\n' }],
  'glossaries-refused': [{ file: 'glossary-file-trafficking', name: 'trafficking 2026.csv', text: 'en,sq,ar,note\ndebt bondage,skllavëri për borxh,عبودية الدين,\nvisa,,,\nsmuggler,kontrabandist,مهرب,not a trafficker,though often both\nl\ufffdwyer,avokat,,' }],
  'glossaries-remove': ['[data-testid=remove-glossary]'],
  'account-new': ['[data-testid=add-account]'],
  'account-agency': ['[data-testid=move-account]'],
  'agency-add': ['[data-testid=add-agency]'],
  'agency-edit': ['[data-testid=edit-agency]'],
  'coverage-hours': ['[data-testid=coverage-view] label >> nth=1'],
  'coverage-fill': ['[data-testid=coverage-view] label >> nth=1', '[data-level=nobody]'],
  'coverage-forecast': ['[data-testid=coverage-shows] label >> nth=1'],
  'coverage-forecast-hours': ['[data-testid=coverage-view] label >> nth=1', '[data-testid=coverage-shows] label >> nth=1'],
};
/** A second of silence, as a recording. */
function silence() {
  const samples = 8000;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  for (const [value, at, bytes] of [[16, 16, 4], [1, 20, 2], [1, 22, 2], [8000, 24, 4], [16000, 28, 4], [2, 32, 2], [16, 34, 2]]) wav.writeUIntLE(value, at, bytes);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  return wav;
}
async function touch(page, what) {
  // Folded away on a phone only.
  if (what.optional) return (await page.locator(what.optional).count()) > 0 ? page.locator(what.optional).click() : undefined;
  if (what.near) return page.locator(what.near).scrollIntoViewIfNeeded();
  if (what.type) return page.locator(`[data-testid=${what.type}]`).pressSequentially(what.text);
  if (typeof what === 'object') {
    const sound = what.name.endsWith('.wav');
    const file = { name: what.name, mimeType: sound ? 'audio/wav' : 'text/plain', buffer: sound ? silence() : Buffer.from(what.text) };
    return page.locator(`[data-testid=${what.file}]`).setInputFiles(file);
  }
  return page.locator(what).first().click();
}

async function everyName() {
  const page = await browser.newPage();
  await page.goto(`${origin}dev/gallery.html?screen=-`);
  await page.waitForFunction(() => document.body.innerText.includes('officer'));
  const names = (await page.innerText('body')).trim().split(/\s+/);
  await page.close();
  return names.flatMap((name) => [name, `${name}:en:phone`]);
}

for (const wish of args.length > 0 ? args : await everyName()) {
  const [name, language = 'en', ...more] = wish.split(':');
  const phone = more.includes('phone');
  const page = await browser.newPage({
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    timezoneId: 'Europe/Tirane',
    colorScheme: more.includes('dark') ? 'dark' : 'light',
  });
  page.on('pageerror', (error) => console.error(`${wish}: ${error.message}`));
  await page.goto(`${origin}dev/gallery.html?screen=${name}&language=${language}&mediators=${more.find((part) => /^\d+$/.test(part)) ?? 300}`);
  await page.waitForSelector('#app > *');
  await page.waitForTimeout(250);
  // Right to left: no staff screen is, but its layout must be ready for one.
  if (more.includes('rtl')) await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  for (const what of TOUCHES[name] ?? []) {
    await touch(page, what);
    await page.waitForTimeout(250);
  }
  // A page that is wider than its window hides something.
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wider > 0) console.error(`${wish}: ${wider} px wider than the window`);
  const file = join(out, `${wish.replaceAll(':', '-')}.png`);
  await page.screenshot({ path: file, fullPage: more.includes('full') });
  console.log(file);
  await page.close();
}
await browser.close();
await server.close();
