/**
 * Names of languages that the CLDR tables lack, or fold into a neighbour, where here the difference is the point. They
 * are in `language_overrides.json`, which the relay's papers read too; everything else is in `language_names.json`.
 */
import overrides from './language_overrides.json';

const { own, ...names } = overrides;

/** How speakers write the name of their language. */
export const OWN: Record<string, string> = own;

/** By the language of the screen. Guests are told of neighbouring languages only, so theirs are few. */
export const NAMES: Record<string, Record<string, string>> = {
  ...names,
  sq: names.sq satisfies typeof names.en,
  sr: names.sr satisfies typeof names.en,
};
