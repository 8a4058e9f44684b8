/** Finding mediators among thousands: what each can be found by is worked out once, and a filter is one pass over it. */
import type { MediatorPresence, MediatorRow, Qualification, Specialism } from '../../wire';
import { GUEST_LANGUAGES } from '../../i18n/screens';
import { barsOf, type Bar } from '../bars';
import { autonym, languageName, primary } from '../languages';
import { standingOf, type Standing } from './standing';

const DAY = 86_400_000;
/** How long before its end a clearance is something to do. */
export const SOON = 30 * DAY;

export type RosterProblem = 'barred' | 'expiring' | 'no_account';

export interface RosterFilter {
  text: string;
  standing: Standing | null;
  qualification: Qualification | null;
  specialism: Specialism | null;
  /** `''`: of no agency. */
  agency: string | null;
  problem: RosterProblem | null;
}

export const EVERYBODY: RosterFilter = {
  text: '',
  standing: null,
  qualification: null,
  specialism: null,
  agency: null,
  problem: null,
};

/** A mediator with what is asked of them again and again. */
export interface RosterEntry {
  row: MediatorRow;
  bars: Bar[];
  /** The first clearance to run out within thirty days. */
  ending: { what: 'vetting' | 'undertaking'; at: number } | undefined;
  /** Words that find this mediator, plain. */
  found: string;
}

/** Sorted by alias. `now`: for what has run out and what soon will. */
export function indexRoster(rows: MediatorRow[], now: number): RosterEntry[] {
  const known = new Map<string, string>();
  const namesOf = (tag: string): string => {
    const names = known.get(tag) ?? plain(namesOfLanguage(tag).join('\n'));
    known.set(tag, names);
    return names;
  };
  const collator = new Intl.Collator(undefined, { numeric: true });
  return rows
    .map((row) => ({
      row,
      bars: barsOf(row.mediator, now),
      ending: endingOf(row.mediator, now),
      found: [
        plain([row.mediator.alias, row.mediator.agency ?? '', row.login ?? ''].join('\n')),
        ...row.mediator.languages.map(({ tag }) => namesOf(tag)),
      ].join('\n'),
    }))
    .sort((a, b) => collator.compare(a.row.mediator.alias, b.row.mediator.alias));
}

/** A language by every name that a person may type: on every screen, its own, and its code. */
export function namesOfLanguage(tag: string): string[] {
  const names = GUEST_LANGUAGES.flatMap((screen) => [languageName(tag, screen), languageName(primary(tag), screen)]);
  return [...new Set([tag, ...names, autonym(tag) ?? '', autonym(primary(tag)) ?? ''])];
}

export function filterRoster(
  entries: RosterEntry[],
  filter: RosterFilter,
  presence: Map<string, MediatorPresence>,
): RosterEntry[] {
  const wanted = plain(filter.text).split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const { mediator, login } = entry.row;
    if (!wanted.every((word) => entry.found.includes(word))) return false;
    if (filter.qualification !== null && mediator.qualification !== filter.qualification) return false;
    if (filter.specialism !== null && !mediator.specialisms.includes(filter.specialism)) return false;
    if (filter.agency !== null && (mediator.agency ?? '') !== filter.agency) return false;
    if (filter.problem === 'barred' && entry.bars.length === 0) return false;
    if (filter.problem === 'expiring' && entry.ending === undefined) return false;
    if (filter.problem === 'no_account' && login !== null) return false;
    return filter.standing === null || standingOf(presence.get(mediator.id)) === filter.standing;
  });
}

function endingOf(mediator: MediatorRow['mediator'], now: number): RosterEntry['ending'] {
  const ends = [
    { what: 'vetting' as const, at: mediator.vetted_until },
    { what: 'undertaking' as const, at: mediator.undertaking_until },
  ];
  const near = ends.flatMap(({ what, at }) => (at !== null && at > now && at <= now + SOON ? [{ what, at }] : []));
  return near.sort((a, b) => a.at - b.at)[0];
}

/** Without accents and case: `Kukës` is found by `kukes`. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
