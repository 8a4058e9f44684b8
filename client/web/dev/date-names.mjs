/**
 * Writes `src/lib/date_names.json`: names of weekdays and months, and how a date is put together, from the CLDR tables
 * in Node. Browsers carry these for the languages of their own menus only; Albanian is not among them.
 */
import { writeFileSync } from 'node:fs';

const LOCALES = { en: 'en-GB', sq: 'sq', sr: 'sr-Latn' };
const day = (n) => Date.UTC(2026, 0, 5 + n);

function table(locale) {
  const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options });
  const names = (options, times) => times.map((time) => format(options).format(time));
  const days = Array.from({ length: 7 }, (_, n) => day(n));
  const months = Array.from({ length: 12 }, (_, n) => Date.UTC(2026, n, 15));
  const pattern = (month) =>
    format({ day: 'numeric', month })
      .formatToParts(day(0))
      .map(({ type, value }) => (type === 'literal' ? value : `{${type}}`))
      .join('');
  // A month within a date may have another form than alone.
  const inDate = (month) =>
    months.map((time) => format({ day: 'numeric', month }).formatToParts(time).find(({ type }) => type === 'month').value);
  return {
    weekdays: names({ weekday: 'long' }, days),
    weekdaysShort: names({ weekday: 'short' }, days),
    months: inDate('long'),
    monthsShort: inDate('short'),
    date: pattern('long'),
    dateShort: pattern('short'),
  };
}

const tables = Object.fromEntries(Object.entries(LOCALES).map(([screen, locale]) => [screen, table(locale)]));
writeFileSync('src/lib/date_names.json', `${JSON.stringify(tables, null, 1)}\n`);
