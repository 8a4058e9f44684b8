import { describe, expect, it } from 'vitest';
import { levelStep, nothing, qualityBetween, read, settle, type Sample } from './levels';

const at = (changes: Partial<Sample>): Sample => ({ ...nothing(), ...changes });

describe('quality', () => {
  it('follows what was made up of what was played', () => {
    const before = at({ played: 48_000, madeUp: 20_000 });
    const after = (madeUp: number) => at({ played: 96_000, madeUp: 20_000 + madeUp });
    expect(qualityBetween(before, after(400))).toBe('good');
    expect(qualityBetween(before, after(2_400))).toBe('weak');
    expect(qualityBetween(before, after(9_600))).toBe('bad');
  });

  it('follows what the relay misses, of which the most is there when it is sent twice', () => {
    const lost = (packetsMissed: number, twice: boolean) => at({ packetsSent: 100, packetsMissed, twice });
    expect(qualityBetween(nothing(), lost(1, false))).toBe('good');
    expect(qualityBetween(nothing(), lost(9, false))).toBe('bad');
    expect(qualityBetween(nothing(), lost(9, true))).toBe('good');
    expect(qualityBetween(nothing(), lost(15, true))).toBe('weak');
    expect(qualityBetween(nothing(), lost(30, true))).toBe('bad');
  });

  it('follows the way and the waiting', () => {
    const waiting = (roundTrip: number, waited: number) =>
      at({ played: 1, roundTrip, waited: waited * 48_000, emitted: 48_000 });
    expect(qualityBetween(nothing(), waiting(0.1, 0.06))).toBe('good');
    expect(qualityBetween(nothing(), waiting(0.3, 0.1))).toBe('weak');
    expect(qualityBetween(nothing(), waiting(0.1, 0.5))).toBe('bad');
  });

  it('says nothing about silence, nor across a new transport', () => {
    const before = at({ played: 100, packetsSent: 10 });
    expect(qualityBetween(before, before)).toBeUndefined();
    expect(qualityBetween(before, at({ played: 10, packetsSent: 20 }))).toBeUndefined();
  });
});

describe('statistics', () => {
  it('are read from the reports of all kinds', () => {
    const report = new Map(
      Object.entries({
        m: { type: 'media-source', audioLevel: 0.5 },
        o: { type: 'outbound-rtp', kind: 'audio', packetsSent: 50, bytesSent: 8250 },
        r: { type: 'remote-inbound-rtp', kind: 'audio', packetsLost: 4 },
        p: { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.08 },
        q: { type: 'candidate-pair', nominated: false, currentRoundTripTime: 7 },
        i: { type: 'inbound-rtp', kind: 'audio', mid: '1', audioLevel: 0.2, totalSamplesReceived: 960, concealedSamples: 90, silentConcealedSamples: 40 },
        j: { type: 'inbound-rtp', kind: 'audio', mid: '2', jitterBufferDelay: 3, jitterBufferEmittedCount: 60 },
        v: { type: 'inbound-rtp', kind: 'video', totalSamplesReceived: 7 },
      }),
    );
    expect(read(report)).toEqual({
      received: new Map([
        ['1', 0.2],
        ['2', 0],
      ]),
      sent: 0.5,
      played: 960,
      madeUp: 50,
      waited: 3,
      emitted: 60,
      packetsSent: 50,
      packetsMissed: 4,
      twice: true,
      roundTrip: 0.08,
    });
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
