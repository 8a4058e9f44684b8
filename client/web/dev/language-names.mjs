/**
 * Writes `src/lib/language_names.json`: names of the languages that a relay offers, from the CLDR tables in Node.
 * Browsers carry these tables for the languages of their own menus only; Albanian is not among them.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync('src/lib/languages.ts', 'utf8');
const seed = /SEED_TAGS = \(\s*([\s\S]*?)\s*\)\.split/.exec(source)[1].replace(/['+\n]/g, '').split(/\s+/).filter(Boolean);
const tags = [...new Set([...seed, 'sr', 'ku', 'no', 'de', 'it'])];

function name(tag, locale) {
  if (Intl.DisplayNames.supportedLocalesOf([locale]).length === 0) return undefined;
  return new Intl.DisplayNames([locale], { type: 'language', fallback: 'none' }).of(tag);
}

const known = (entries) => Object.fromEntries(entries.filter(([, text]) => text !== undefined));
const table = {
  own: known(tags.map((tag) => [tag, name(tag, tag)])),
  ...Object.fromEntries(
    Object.entries({ en: 'en', sq: 'sq', sr: 'sr-Latn', ar: 'ar', fa: 'fa', fr: 'fr' }).map(([screen, locale]) => [
      screen,
      known(tags.map((tag) => [tag, name(tag, locale)])),
    ]),
  ),
};
writeFileSync('src/lib/language_names.json', `${JSON.stringify(table, null, 1)}\n`);
