import { describe, expect, it } from 'vitest';
import { en as board } from './board/en';
import { sq as boardSq } from './board/sq';
import { sr as boardSr } from './board/sr';
import { en as floor } from './floor/en';
import { sq as floorSq } from './floor/sq';
import { sr as floorSr } from './floor/sr';
import { en as guest } from './guest/en';
import { sq as guestSq } from './guest/sq';
import { sr as guestSr } from './guest/sr';
import { ar } from './guest/ar';
import { fa } from './guest/fa';
import { fr } from './guest/fr';
import { en as staff } from './staff/en';
import { sq as staffSq } from './staff/sq';
import { sr as staffSr } from './staff/sr';
import { screenFor } from './screens';
import { en as transcript } from './transcript/en';
import { sq as transcriptSq } from './transcript/sq';
import { sr as transcriptSr } from './transcript/sr';

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

function isWhole(table: Record<string, string>, english: Record<string, string>): void {
  expect(Object.keys(table).sort()).toEqual(Object.keys(english).sort());
  for (const [key, text] of Object.entries(table)) {
    expect(text.trim(), key).not.toBe('');
    expect(placeholders(text), key).toEqual(placeholders(english[key] ?? ''));
  }
}

describe('the tables of words', () => {
  it.each(Object.entries({ guestSq, guestSr, ar, fa, fr }))('%s has every guest word and placeholder', (_, table) => {
    isWhole(table, guest);
  });

  it.each(Object.entries({ staffSq, staffSr }))('%s has every staff word and placeholder', (_, table) => {
    isWhole(table, staff);
  });

  it.each(Object.entries({ boardSq, boardSr }))('%s has every word of the board and placeholder', (_, table) => {
    isWhole(table, board);
  });

  it.each(Object.entries({ floorSq, floorSr }))('%s has every word of modes and turns and placeholder', (_, table) => {
    isWhole(table, floor);
  });

  it.each(Object.entries({ transcriptSq, transcriptSr }))('%s has every word of a transcript and placeholder', (_, table) => {
    isWhole(table, transcript);
  });

  it('Arabic and Persian are written in their own script, Serbian in Latin', () => {
    for (const text of [...Object.values(ar), ...Object.values(fa)]) expect(text).toMatch(/\p{Script=Arabic}/u);
    for (const text of [...Object.values(guestSr), ...Object.values(staffSr), ...Object.values(boardSr), ...Object.values(floorSr), ...Object.values(transcriptSr)]) {
      expect(text).not.toMatch(/\p{Script=Cyrillic}/u);
    }
  });
});

describe('the screen for a speaker', () => {
  it('is their own, or the nearest, or English', () => {
    expect(screenFor('sr-Cyrl')).toBe('sr');
    expect(screenFor('apc')).toBe('ar');
    expect(screenFor('prs')).toBe('fa');
    expect(screenFor('aln')).toBe('sq');
    expect(screenFor('vi')).toBe('en');
  });
});
