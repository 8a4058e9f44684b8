/** Invented people for tests and the gallery. None of them is meant to be like anybody. */
import type { MediatorPresence, MediatorRow, Profile, SpokenLanguage } from '../src/wire';
import { SEED_TAGS } from '../src/lib/languages';

const DAY = 86_400_000;
const FIRST = 'Blue Quiet North Olive White Amber Silver Early Winter Open Gentle River Stone Bright Deep'.split(' ');
const SECOND = 'Heron Star Tree Harbour Meadow Falcon Bridge Lantern Field Cedar Otter Willow Shore Finch Hill'.split(' ');
const AGENCIES = ['AL-BORDER', 'AL-POLICE', 'XK-POLICE', 'RS-ASYLUM', 'MK-BORDER'];

export function profile(alias: string, languages: SpokenLanguage[]): Profile {
  return {
    alias,
    languages,
    gender: null,
    qualification: 'interpreter',
    specialisms: [],
    undertaking_signed_at: 10,
    undertaking_until: null,
    vetted_until: 100,
    agency: null,
    serves: [],
    countries: [],
    favourite_of: [],
    conflicts: [],
    load: { minutes_a_day: 360, rest_minutes: 10 },
    active: true,
  };
}

/** Numbers that look random and are the same every time (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const idOf = (index: number) => `00000000-0000-4000-8000-${String(10_000 + index).padStart(12, '0')}`;

export function inventedRoster(count: number, now: number): MediatorRow[] {
  const next = numbers(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  return Array.from({ length: count }, (_, index) => {
    const own = pick(SEED_TAGS.filter((tag) => tag !== 'en'));
    const more = next() < 0.4 ? [pick(SEED_TAGS.filter((tag) => tag !== 'en' && tag !== own))] : [];
    const languages: SpokenLanguage[] = [
      { tag: own, level: 'native' },
      { tag: 'en', level: 'fluent' },
      ...more.map((tag) => ({ tag, level: 'working' as const })),
    ];
    const person: Profile = {
      ...profile(`${FIRST[index % 15]} ${SECOND[Math.floor(index / 15) % 15]} ${1 + Math.floor(index / 225)}`, languages),
      gender: pick(['female', 'male', null] as const),
      qualification: pick(['cultural_mediator', 'interpreter', 'sworn_interpreter'] as const),
      specialisms: (['minors', 'trafficking', 'asylum', 'medical'] as const).filter(() => next() < 0.2),
      undertaking_signed_at: next() < 0.03 ? null : now - 200 * DAY,
      undertaking_until: next() < 0.5 ? now + (20 + next() * 400) * DAY : null,
      vetted_until: now + (next() * 600 - 12) * DAY,
      agency: next() < 0.7 ? pick(AGENCIES) : null,
      active: next() > 0.03,
    };
    return { mediator: { id: idOf(index), ...person }, login: next() < 0.9 ? `mediator-${index + 1}` : null };
  });
}

/** Some are there, some are busy, most are not; as on a weekday. */
export function inventedPresence(rows: MediatorRow[]): MediatorPresence[] {
  const next = numbers(11);
  return rows.map(({ mediator }) => {
    const draw = next();
    const availability = draw < 0.04 ? 'ready' : draw < 0.09 ? 'on_shift' : draw < 0.12 ? 'on_call' : 'away';
    const there = availability !== 'away';
    return {
      mediator: mediator.id,
      ready: availability === 'ready',
      reachable: there && next() < 0.93,
      in_session: there && next() < 0.15,
      availability,
      minutes_worked: there ? Math.floor(next() * 240) : 0,
    };
  });
}
