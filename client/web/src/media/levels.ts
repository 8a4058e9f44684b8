/** Reads a transport's statistics: how loud each voice is, and how well we hear. */
import type { Quality } from '../wire';

export interface Sample {
  /** Loudness of each receiving section, 0 to 1, by its mid. */
  received: Map<string, number>;
  /** Loudness of our own microphone. */
  sent: number;
  packetsReceived: number;
  packetsLost: number;
}

interface AudioStats {
  type: string;
  kind?: string;
  mid?: string;
  audioLevel?: number;
  packetsReceived?: number;
  packetsLost?: number;
}

export async function sample(connection: RTCPeerConnection): Promise<Sample> {
  const report = await connection.getStats();
  const result: Sample = { received: new Map(), sent: 0, packetsReceived: 0, packetsLost: 0 };
  report.forEach((stats: AudioStats) => {
    if (stats.type === 'media-source') result.sent = stats.audioLevel ?? 0;
    if (stats.type !== 'inbound-rtp' || stats.kind !== 'audio') return;
    if (stats.mid !== undefined) result.received.set(stats.mid, stats.audioLevel ?? 0);
    result.packetsReceived += stats.packetsReceived ?? 0;
    result.packetsLost += stats.packetsLost ?? 0;
  });
  return result;
}

/** From loss between two samples; `undefined` where nothing was to be received, for silence says nothing. */
export function qualityBetween(before: Sample, after: Sample): Quality | undefined {
  const received = after.packetsReceived - before.packetsReceived;
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  if (received + lost <= 0) return undefined;
  const share = lost / (received + lost);
  if (share < 0.03) return 'good';
  return share < 0.12 ? 'weak' : 'bad';
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
