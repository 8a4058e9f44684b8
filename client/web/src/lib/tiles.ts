/** Which languages an officer is shown, in which order, and who could be called for each. */
import type { LanguageChoice, LanguageReach } from '../wire';
import { autonym, languageName, primary } from './languages';

export interface LanguageTile {
  tag: string;
  name: string;
  /** The language's own name, where it differs. */
  autonym: string | undefined;
  /** Could be called now. */
  ready: number;
  onRoster: number;
}

export function tilesOf(choices: LanguageChoice[], reach: LanguageReach[], screen: string): LanguageTile[] {
  return choices.map(({ tag, on_roster }) => {
    const name = languageName(tag, screen);
    const own = autonym(tag);
    // Scripts and regions of one language reach the same people; adding them up would count somebody twice.
    const ready = reach.filter((row) => primary(row.language) === primary(tag)).map((row) => row.ready);
    return {
      tag,
      name,
      autonym: own?.toLocaleLowerCase() === name.toLocaleLowerCase() ? undefined : own,
      ready: Math.max(0, ...ready),
      onRoster: on_roster,
    };
  });
}

/** Whether a tile is meant by what was typed: name, own name or tag, without regard to accents. */
export function isMeant(tile: LanguageTile, typed: string): boolean {
  const wanted = plain(typed);
  return [tile.name, tile.autonym ?? '', tile.tag].some((text) => plain(text).includes(wanted));
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase().trim();
}
