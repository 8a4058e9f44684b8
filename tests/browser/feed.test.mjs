// A feed of shifts, read by a program that knows nothing of us (ical.js, which Thunderbird reads calendars with): what it
// finds must be what we say that the shifts mean, to the millisecond, in nights in which clocks change too.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import ICAL from 'ical.js';

const folder = new URL('../../relay/core/tests/calendars/', import.meta.url);
const from = Date.UTC(2026, 1, 1);
const until = Date.UTC(2026, 11, 31);

function occurrencesOf(calendar) {
  const components = calendar.getAllSubcomponents('vevent');
  const masters = components.filter((event) => !event.hasProperty('recurrence-id'));
  const exceptions = components.filter((event) => event.hasProperty('recurrence-id'));
  return masters.flatMap((component) => {
    const uid = component.getFirstPropertyValue('uid');
    const own = exceptions.filter((exception) => exception.getFirstPropertyValue('uid') === uid);
    const event = new ICAL.Event(component, { exceptions: own });
    const found = [];
    const keep = (start, end) => {
      const [begins, ends] = [start.toJSDate().getTime(), end.toJSDate().getTime()];
      if (begins < until && ends > from) found.push(`${uid} ${begins} ${ends}`);
      return begins < until;
    };
    if (!event.isRecurring()) {
      keep(event.startDate, event.endDate);
      return found;
    }
    const days = event.iterator();
    for (let next = days.next(); next; next = days.next()) {
      const { startDate, endDate } = event.getOccurrenceDetails(next);
      if (!keep(startDate, endDate)) break;
    }
    return found;
  });
}

async function read() {
  const calendar = new ICAL.Component(ICAL.parse(await readFile(new URL('daylight.ics', folder), 'utf8')));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  return calendar;
}

test('an independent program finds the occurrences that we mean', async () => {
  const ours = (await readFile(new URL('daylight.txt', folder), 'utf8')).trim().split('\n');
  const theirs = occurrencesOf(await read());
  assert.ok(ours.length > 300, `${ours.length} occurrences are too few to show anything`);
  assert.deepEqual(theirs.toSorted(), ours.toSorted());
});

test('every name is whole, and nothing but times, duties and aliases is in it', async () => {
  const calendar = await read();
  const events = calendar.getAllSubcomponents('vevent');
  const summaries = new Set(events.map((event) => event.getFirstPropertyValue('summary')));
  assert.ok(summaries.has('Grey Wolf; and, "more": on call'), [...summaries].join(' / '));
  assert.ok(summaries.has('Çelësi i Kaltër: on shift'));
  const allowed = ['uid', 'dtstamp', 'summary', 'categories', 'dtstart', 'dtend', 'rrule', 'exdate', 'recurrence-id'];
  const names = new Set(events.flatMap((event) => event.getAllProperties().map((property) => property.name)));
  assert.deepEqual([...names].filter((name) => !allowed.includes(name)), []);
});
