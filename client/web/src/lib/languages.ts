/** Names of languages in the language of the screen, and in their own. */
import names from './language_names.json';
import { NAMES, OWN } from './language_overrides';

/** What a relay offers from the start (`SEED` of relay/core/src/language.rs); nobody is kept from adding others. */
export const SEED_TAGS = (
  'sq aln als sr-Cyrl sr-Latn bs hr cnr mk en rmn rmy ar apc acm arz ary arq aeb ayl fa prs haz ps kmr ckb tr ur pa ' +
  'pnb bn syl hi ne sd so ti am om fr es ru uk kab rif shi tzm bho mai cmn rn ln sw uz apd vi tl'
).split(' ');

type Table = Record<string, string | undefined>;
const TABLES: Record<string, Table | undefined> = names;

/** The name of a language in the language of the screen. */
export function languageName(tag: string, screen: string): string {
  const name =
    NAMES[screen]?.[tag] ?? TABLES[screen]?.[tag] ?? fromBrowser(tag, localeOf(screen)) ?? NAMES['en']?.[tag] ?? tag;
  return capitalised(name);
}

/** The name of a language in that language. */
export function autonym(tag: string): string | undefined {
  const name = OWN[tag] ?? names.own[tag as keyof typeof names.own] ?? fromBrowser(tag, tag);
  return name === undefined ? undefined : capitalised(name);
}

/** For languages that are not of the seed. A browser that lacks the locale would answer in its own: that is no name. */
function fromBrowser(tag: string, locale: string): string | undefined {
  try {
    if (Intl.DisplayNames.supportedLocalesOf([locale]).length === 0) return undefined;
    return new Intl.DisplayNames([locale], { type: 'language', fallback: 'none' }).of(tag);
  } catch {
    return undefined;
  }
}

function capitalised(name: string): string {
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

/** The locale of a screen language: Serbian screens are in Latin script. */
export function localeOf(screen: string): string {
  return screen === 'sr' ? 'sr-Latn' : screen;
}

/** Primary subtag: `sr` of `sr-Latn`. */
export function primary(tag: string): string {
  return tag.split('-')[0] ?? tag;
}
