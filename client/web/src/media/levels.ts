/** Reads a transport's statistics: how loud each voice is, and how well we hear and are heard. */
import type { Quality } from '../wire';

export interface Sample {
  /** Loudness of each receiving section, 0 to 1, by its mid. */
  received: Map<string, number>;
  /** Loudness of our own microphone. */
  sent: number;
  /** Sound that was played, in samples, and how much of it was made up because nothing had come in time. */
  played: number;
  madeUp: number;
  /** How long what was played had waited, in seconds, over all samples; and how many these were. */
  waited: number;
  emitted: number;
  /** Packets sent, by the relay's count those that it missed, and whether each frame goes out twice. */
  packetsSent: number;
  packetsMissed: number;
  twice: boolean;
  /** Seconds to the relay and back. */
  roundTrip: number;
}

/** The fields of W3C's webrtc-stats that are used, of all kinds together. */
interface Stats {
  type: string;
  kind?: string;
  mid?: string;
  audioLevel?: number;
  totalSamplesReceived?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
  jitterBufferDelay?: number;
  jitterBufferEmittedCount?: number;
  packetsSent?: number;
  bytesSent?: number;
  packetsLost?: number;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

/**
 * Payload bytes of a packet: a frame has 80 (20 ms at 32 kb/s), two of them and what RED says of them 165. The statistics name
 * Opus as the codec whether it goes out in RED or not.
 */
const MORE_THAN_ONE_FRAME = 120;

/** Nothing yet. */
export function nothing(): Sample {
  const counts = { played: 0, madeUp: 0, waited: 0, emitted: 0, packetsSent: 0, packetsMissed: 0, roundTrip: 0 };
  return { received: new Map(), sent: 0, twice: false, ...counts };
}

export async function sample(connection: RTCPeerConnection): Promise<Sample> {
  return read((await connection.getStats()) as ReadonlyMap<string, Stats>);
}

export function read(report: ReadonlyMap<string, Stats>): Sample {
  const result = nothing();
  report.forEach((stats) => {
    if (stats.type === 'media-source') result.sent = stats.audioLevel ?? 0;
    if (stats.type === 'candidate-pair' && stats.nominated === true) {
      result.roundTrip = stats.currentRoundTripTime ?? result.roundTrip;
    }
    if (stats.type === 'outbound-rtp') {
      result.packetsSent += stats.packetsSent ?? 0;
      result.twice = (stats.bytesSent ?? 0) > (stats.packetsSent ?? 0) * MORE_THAN_ONE_FRAME;
    }
    if (stats.type === 'remote-inbound-rtp') result.packetsMissed += stats.packetsLost ?? 0;
    if (stats.type !== 'inbound-rtp' || stats.kind !== 'audio') return;
    if (stats.mid !== undefined) result.received.set(stats.mid, stats.audioLevel ?? 0);
    result.played += stats.totalSamplesReceived ?? 0;
    // Silence that stands for silence is not missed.
    result.madeUp += (stats.concealedSamples ?? 0) - (stats.silentConcealedSamples ?? 0);
    result.waited += stats.jitterBufferDelay ?? 0;
    result.emitted += stats.jitterBufferEmittedCount ?? 0;
  });
  return result;
}

/** Shares of sound that is missing, and seconds from a mouth to the relay or from there to an ear, up to which it is good, and weak. */
const MISSING = [0.02, 0.08] as const;
const DELAY = [0.2, 0.4] as const;

/**
 * From what came and went between two samples; `undefined` where that was nothing, for silence says nothing. Counts what
 * is really missing when it is played, not what the network lost and was repaired.
 */
export function qualityBetween(before: Sample, after: Sample): Quality | undefined {
  const played = after.played - before.played;
  const packetsSent = after.packetsSent - before.packetsSent;
  if (played < 0 || packetsSent < 0 || played + packetsSent === 0) return undefined;
  const heard = share(after.madeUp - before.madeUp, played);
  const lost = share(after.packetsMissed - before.packetsMissed, packetsSent);
  // Sent twice, both have to be lost; losses come together, so that is likelier than by chance alone.
  const said = after.twice ? 2 * lost * lost : lost;
  const waited = share(after.waited - before.waited, after.emitted - before.emitted);
  const delay = after.roundTrip / 2 + waited;
  const words = [grade(Math.max(heard, said), MISSING), grade(delay, DELAY)];
  return words.includes('bad') ? 'bad' : words.includes('weak') ? 'weak' : 'good';
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.max(0, part / whole) : 0;
}

function grade(value: number, [good, weak]: readonly [number, number]): Quality {
  if (value < good) return 'good';
  return value < weak ? 'weak' : 'bad';
}

/** What is shown next: rises at once and sinks a step at a time, so that nothing flickers between two words. */
export function settle(shown: number, heard: number): number {
  return Math.max(heard, shown - 1);
}

/** Loudness as the eye takes it, in steps from 0 to 4: below the first step is breath and room noise. */
export function levelStep(level: number): number {
  if (level < 0.008) return 0;
  if (level < 0.03) return 1;
  if (level < 0.08) return 2;
  return level < 0.2 ? 3 : 4;
}
