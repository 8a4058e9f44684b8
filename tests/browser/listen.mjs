// Ears in a page: what arrives in the elements that play the others' voices, and when the last packet of it came.
import { RATE, spectrum } from './speech.mjs';

/**
 * Runs in every page before its own code. The app gives no way in from outside, so the transports it makes are
 * remembered here, touches are counted and timed before any of its listeners sees them, and so is each wish to stay awake.
 */
export function watchPage() {
  const watched = { transports: [], touches: [], awake: 0 };
  window.watched = watched;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      watched.transports.push(this);
    }
  };
  const lock = navigator.wakeLock?.request.bind(navigator.wakeLock);
  if (lock !== undefined) navigator.wakeLock.request = (kind) => ((watched.awake += 1), lock(kind));
  addEventListener('pointerdown', (event) => event.isTrusted && watched.touches.push(Date.now()), true);
}

/** How many touches or clicks there were since the page was loaded. */
export const touches = (page) => page.evaluate(() => window.watched.touches.length);

/** When the last touch began, in milliseconds of this machine's clock. */
export const lastTouch = (page) => page.evaluate(() => window.watched.touches.at(-1));

/** Records every voice the page plays, all at once; gives the spectrum of each by the role of who is shown to speak. */
export async function record(page, seconds) {
  const voices = await page.evaluate(
    async ({ seconds, rate }) => {
      const context = new AudioContext({ sampleRate: rate });
      await context.resume();
      const recorded = [...document.querySelectorAll('audio[data-participant]')].map((element) => {
        const id = element.dataset.participant;
        const row = document.querySelector(`[data-testid=participant][data-participant="${id}"]`);
        const samples = new Int16Array(Math.ceil(seconds * rate));
        let filled = 0;
        const tap = context.createScriptProcessor(4096, 1, 1);
        tap.onaudioprocess = ({ inputBuffer }) => {
          for (const sample of inputBuffer.getChannelData(0)) {
            if (filled < samples.length) samples[filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
          }
        };
        context.createMediaStreamSource(element.srcObject).connect(tap).connect(context.destination);
        return { role: row?.dataset.role, paused: element.paused, samples };
      });
      await new Promise((done) => setTimeout(done, (seconds + 0.5) * 1000));
      await context.close();
      // As text, which crosses from the page to the test far quicker than an array of numbers.
      return recorded.map(({ role, paused, samples }) => {
        const bytes = new Uint8Array(samples.buffer);
        let text = '';
        for (let at = 0; at < bytes.length; at += 0x8000) {
          text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
        }
        return { role, paused, text: btoa(text) };
      });
    },
    { seconds, rate: RATE },
  );
  return voices.map(({ role, paused, text }) => {
    const bytes = Buffer.from(text, 'base64');
    const samples = Float32Array.from({ length: bytes.length / 2 }, (_, n) => bytes.readInt16LE(2 * n) / 32_768);
    return { role, paused, spectrum: spectrum(samples) };
  });
}

/** Waits until sound has come in from each of `count` others; gives the time at which the last of them was heard. */
export function untilHeard(page, count, timeout) {
  return page.evaluate(
    async ({ count, timeout }) => {
      const context = new AudioContext();
      const heard = new Set();
      const ears = new Map();
      const until = Date.now() + timeout;
      try {
        while (Date.now() < until) {
          for (const element of document.querySelectorAll('audio[data-participant]')) {
            const id = element.dataset.participant;
            if (element.paused || element.srcObject === null) continue;
            if (ears.get(id)?.stream !== element.srcObject) {
              const analyser = new AnalyserNode(context, { fftSize: 2048 });
              context.createMediaStreamSource(element.srcObject).connect(analyser);
              ears.set(id, { stream: element.srcObject, analyser, samples: new Float32Array(2048) });
            }
            const { analyser, samples } = ears.get(id);
            analyser.getFloatTimeDomainData(samples);
            // Well above what comfort noise makes, well below a spoken word.
            if (samples.some((sample) => Math.abs(sample) > 0.02)) heard.add(id);
          }
          if (heard.size >= count) return Date.now();
          await new Promise((done) => setTimeout(done, 20));
        }
      } finally {
        await context.close();
      }
      throw new Error(`only ${heard.size} of ${count} others were heard within ${timeout} ms`);
    },
    { count, timeout },
  );
}

/**
 * How many bytes of sound a packet has in the mean, of each of `voices` that leaves this page and that arrives at it, once
 * there were `packets` of each: the first of a voice has no earlier frame to carry.
 */
export function bytesInPackets(page, voices, packets = 25, timeout = 5_000) {
  return page.evaluate(
    async ({ voices, packets, timeout }) => {
      const deadline = Date.now() + timeout;
      for (;;) {
        const streams = { out: [], in: [] };
        for (const transport of window.watched.transports.filter((one) => one.connectionState === 'connected')) {
          for (const stats of (await transport.getStats()).values()) {
            if (stats.type === 'outbound-rtp') streams.out.push([stats.bytesSent, stats.packetsSent]);
            if (stats.type === 'inbound-rtp') streams.in.push([stats.bytesReceived, stats.packetsReceived]);
          }
        }
        const enough = (list, count) => list.filter(([, of]) => of >= packets).length >= count;
        if ((enough(streams.out, voices.out) && enough(streams.in, voices.in)) || Date.now() > deadline) {
          const means = (list) => list.filter(([, of]) => of > 0).map(([bytes, of]) => bytes / of);
          return { out: means(streams.out), in: means(streams.in) };
        }
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    { voices, packets, timeout },
  );
}

/** Of every voice that ever arrived here: how many packets, and when the last one came. */
export function arrivals(page) {
  return page.evaluate(async () => {
    const open = window.watched.transports.filter((transport) => transport.connectionState !== 'closed');
    const voices = [];
    for (const transport of open) {
      for (const stats of (await transport.getStats()).values()) {
        if (stats.type === 'inbound-rtp' && stats.packetsReceived > 0) {
          voices.push({ mid: stats.mid, packets: stats.packetsReceived, last: stats.lastPacketReceivedTimestamp });
        }
      }
    }
    return voices;
  });
}
