import { describe, expect, it } from 'vitest';
import { levelStep, qualityBetween, settle, type Sample } from './levels';

const at = (packetsReceived: number, packetsLost: number): Sample => ({
  received: new Map(),
  sent: 0,
  packetsReceived,
  packetsLost,
});

describe('quality', () => {
  it('follows the loss since the last sample', () => {
    expect(qualityBetween(at(1000, 500), at(1100, 500))).toBe('good');
    expect(qualityBetween(at(0, 0), at(95, 5))).toBe('weak');
    expect(qualityBetween(at(0, 0), at(80, 20))).toBe('bad');
  });

  it('says nothing about silence, nor across a new transport', () => {
    expect(qualityBetween(at(100, 1), at(100, 1))).toBeUndefined();
    expect(qualityBetween(at(100, 1), at(10, 0))).toBeUndefined();
  });
});

describe('loudness', () => {
  it('rises at once and sinks step by step', () => {
    expect([settle(0, 4), settle(4, 0), settle(1, 0), settle(0, 0)]).toEqual([4, 3, 0, 0]);
  });

  it('rises in steps and leaves room noise out', () => {
    expect([0, 0.005, 0.02, 0.05, 0.1, 0.9].map(levelStep)).toEqual([0, 0, 1, 2, 3, 4]);
  });
});
