import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff';
import { asDay, barsOf, fromDay } from './bars';
import { asDuration, secondsUntil } from './clock.svelte';
import { autonym, languageName, SEED_TAGS } from './languages';
import { staffProblem } from './problems';
import { isMeant, tilesOf } from './tiles';
import { en } from '../i18n/staff/en';
import { STAFF_LANGUAGES } from '../i18n/screens';

describe('the way back to the relay', () => {
  it('is tried soon, and never more than three seconds apart', () => {
    const backoff = new Backoff();
    const waits = Array.from({ length: 8 }, () => backoff.next(() => 1));
    expect(waits.slice(0, 4)).toEqual([300, 600, 1200, 2400]);
    expect(Math.max(...waits)).toBe(3000);
    backoff.reset();
    expect(backoff.next(() => 0)).toBe(240);
  });
});

describe('times', () => {
  it('are never negative', () => {
    expect(secondsUntil(1000, 5000)).toBe(0);
    expect(secondsUntil(5001, 0)).toBe(6);
    expect(asDuration(-1)).toBe('0:00');
  });

  it('read as clocks do', () => {
    expect(asDuration(65_000)).toBe('1:05');
    expect(asDuration(3_665_000)).toBe('1:01:05');
  });

  it('of a form stay the day they were', () => {
    expect(asDay(fromDay('2027-03-28'))).toBe('2027-03-28');
    expect(fromDay('')).toBeNull();
  });
});

describe('names of languages', () => {
  it('are there for every language of the seed, on every staff screen, and no tag is shown bare', () => {
    for (const tag of SEED_TAGS) {
      for (const screen of STAFF_LANGUAGES) expect(languageName(tag, screen).toLowerCase(), tag).not.toBe(tag);
      expect(autonym(tag), tag).toBeTruthy();
    }
  });

  it('keep neighbours apart', () => {
    for (const screen of STAFF_LANGUAGES) {
      const named = SEED_TAGS.map((tag) => languageName(tag, screen));
      expect(new Set(named).size).toBe(named.length);
    }
  });
});

describe('tiles', () => {
  const tiles = tilesOf(
    [
      { tag: 'sr-Latn', on_roster: 3 },
      { tag: 'ar', on_roster: 1 },
    ],
    [
      { language: 'sr-Latn', ready: 1, on_roster: 3 },
      { language: 'sr-Cyrl', ready: 2, on_roster: 2 },
    ],
    'en',
  );

  it('count who could be called, whatever the script, and nobody twice', () => {
    expect(tiles.map(({ ready }) => ready)).toEqual([2, 0]);
  });

  it('are found by name, own name and tag, without accents', () => {
    const [serbian, arabic] = tiles;
    if (serbian === undefined || arabic === undefined) throw new Error('no tiles');
    expect(isMeant(serbian, 'SRPSKI')).toBe(true);
    expect(isMeant(arabic, 'العربية')).toBe(true);
    expect(isMeant(arabic, 'serb')).toBe(false);
  });
});

describe('a mediator', () => {
  const mediator = {
    id: 'm',
    alias: 'Blue Heron',
    languages: [],
    gender: null,
    qualification: 'interpreter' as const,
    register_number: null,
    specialisms: [],
    undertaking_until: null,
    agency: null,
    serves: [],
    countries: [],
    favourite_of: [],
    conflicts: [],
    load: { minutes_a_day: 360, rest_minutes: 10 },
    undertaking_signed_at: 10,
    vetted_until: 100,
    active: true,
  };

  it('is barred without undertaking, vetting or place on the roster', () => {
    expect(barsOf(mediator, 50)).toEqual([]);
    expect(barsOf({ ...mediator, active: false, undertaking_signed_at: null }, 100)).toEqual([
      'not_active',
      'no_undertaking',
      'not_vetted',
    ]);
  });
});

describe('a problem', () => {
  it('is told in the language of the screen, or in the words of the relay', () => {
    expect(staffProblem({ code: 'link_used', message: '' }, en)).toBe(en.problem_link_used);
    expect(staffProblem({ code: 'quite_new', message: 'Something new.' }, en)).toBe('Something new.');
  });
});
