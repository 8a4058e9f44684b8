// What the three people say, as files for the browsers' microphones, and how like one of them a recording is.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Browsers play these as a microphone at this rate. */
const PLAYED_RATE = 48_000;
/** Recordings are compared at this rate: speech has little above, and there is less to carry out of the page. */
export const RATE = 16_000;

const SPEAKERS = {
  officer: {
    voice: 'en+m3',
    speed: 150,
    text: 'Good morning. My name is Miller, and I would like to ask you a few questions about last week. Take all the time you need.',
  },
  mediator: {
    voice: 'ar+f2',
    speed: 165,
    text: 'صباح الخير. أنا أترجم كل ما يقال هنا، وكل شيء يبقى سرا بيننا. هل تسمعني جيدا؟',
  },
  interviewee: {
    voice: 'ar+m7',
    speed: 125,
    text: 'نعم، أسمعك. جئت إلى هذه المدينة قبل ثلاثة أيام مع أخي الصغير، ولا أعرف أين هو الآن.',
  },
};

export const ROLES = Object.keys(SPEAKERS);

/** Speaks for each of the three; gives, by role, the file for the browser and the spectrum to compare with. */
export function speak(folder) {
  return Object.fromEntries(
    Object.entries(SPEAKERS).map(([role, speaker]) => {
      const { file, rate, samples } = microphone(folder, role, speaker);
      return [role, { file, spectrum: spectrum(resample(samples, rate, RATE)) }];
    }),
  );
}

/** Speaks a text into a file that a browser plays as its microphone, over and over, with `pause` seconds at its end. */
export function microphone(folder, name, { voice, speed, text, pause = 0 }) {
  const spoken = join(folder, `${name}-spoken.wav`);
  execFileSync('espeak-ng', ['-v', voice, '-s', String(speed), '-w', spoken, text]);
  const { rate, samples } = readWav(spoken);
  const file = join(folder, `${name}.wav`);
  const played = resample(samples, rate, PLAYED_RATE);
  const padded = new Float32Array(played.length + pause * PLAYED_RATE);
  padded.set(played);
  writeFileSync(file, wav(padded, PLAYED_RATE));
  return { file, rate, samples };
}

/** Recordings are aligned in parts of so many frames: a busy machine may drop a moment of sound between two parts. */
const PART = 150;

/**
 * How like a speaker's words a recording is, from 0 to 1: the correlation of their changing spectra, each part at its
 * best alignment. Spectra rather than samples, because on the way noise suppression, gain control and the codec change
 * the waveform and not the words. The browser plays the file in a loop, so the alignment goes round.
 */
export function likeness(recorded, played) {
  const parts = [];
  for (let start = 0; start + PART <= recorded.length; start += PART) {
    const part = recorded.slice(start, start + PART);
    parts.push(Math.max(0, ...played.map((_, lag) => correlation(part, played, lag))));
  }
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

function correlation(recorded, played, lag) {
  let product = 0;
  let ofRecorded = 0;
  let ofPlayed = 0;
  for (const [at, bands] of recorded.entries()) {
    const others = played[(at + lag) % played.length];
    for (const [band, loudness] of bands.entries()) {
      product += loudness * others[band];
      ofRecorded += loudness ** 2;
      ofPlayed += others[band] ** 2;
    }
  }
  return ofRecorded > 0 && ofPlayed > 0 ? product / Math.sqrt(ofRecorded * ofPlayed) : 0;
}

const WINDOW = 512;
const HOP = 320;
/** Edges of the bands in Hz, about as far apart as the ear tells them apart; below 200 Hz browsers cut off. */
const EDGES = [200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400];
/** What is more than this many decibels below the loudest counts as silence, whatever noise fills it. */
const DEPTH = 40;

/** Loudness in decibels by time and band, each band without its mean, so that only what changes counts. */
export function spectrum(samples) {
  const frames = [];
  const real = new Float64Array(WINDOW);
  const imaginary = new Float64Array(WINDOW);
  for (let start = 0; start + WINDOW <= samples.length; start += HOP) {
    for (let n = 0; n < WINDOW; n += 1) {
      real[n] = samples[start + n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW));
      imaginary[n] = 0;
    }
    fourier(real, imaginary);
    const bands = new Float64Array(EDGES.length - 1);
    for (let band = 0; band < bands.length; band += 1) {
      const [from, to] = [EDGES[band], EDGES[band + 1]].map((edge) => Math.round((edge * WINDOW) / RATE));
      for (let bin = from; bin < to; bin += 1) bands[band] += real[bin] ** 2 + imaginary[bin] ** 2;
    }
    frames.push(bands);
  }
  const loudest = frames.reduce((most, bands) => bands.reduce((more, power) => Math.max(more, power), most), 1e-12);
  for (const bands of frames) {
    for (let band = 0; band < bands.length; band += 1) {
      bands[band] = Math.max(0, 10 * Math.log10(bands[band] / loudest + 1e-12) + DEPTH);
    }
  }
  for (let band = 0; band < EDGES.length - 1; band += 1) {
    const mean = frames.reduce((sum, bands) => sum + bands[band], 0) / frames.length;
    for (const bands of frames) bands[band] -= mean;
  }
  return frames;
}

/** The Fourier transform in place, for lengths that are powers of two. */
function fourier(real, imaginary) {
  const length = real.length;
  for (let from = 1, to = 0; from < length; from += 1) {
    let bit = length >> 1;
    for (; to & bit; bit >>= 1) to ^= bit;
    to ^= bit;
    if (from < to) {
      [real[from], real[to]] = [real[to], real[from]];
      [imaginary[from], imaginary[to]] = [imaginary[to], imaginary[from]];
    }
  }
  for (let size = 2; size <= length; size *= 2) {
    for (let offset = 0; offset < size / 2; offset += 1) {
      const angle = (-2 * Math.PI * offset) / size;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      for (let low = offset; low < length; low += size) {
        const high = low + size / 2;
        const turnedReal = real[high] * cosine - imaginary[high] * sine;
        const turnedImaginary = real[high] * sine + imaginary[high] * cosine;
        real[high] = real[low] - turnedReal;
        imaginary[high] = imaginary[low] - turnedImaginary;
        real[low] += turnedReal;
        imaginary[low] += turnedImaginary;
      }
    }
  }
}

function resample(samples, from, to) {
  const result = new Float32Array(Math.floor((samples.length * to) / from));
  for (let n = 0; n < result.length; n += 1) {
    const at = (n * from) / to;
    const before = Math.floor(at);
    const next = samples[Math.min(before + 1, samples.length - 1)];
    result[n] = samples[before] + (next - samples[before]) * (at - before);
  }
  return result;
}

/** espeak-ng writes 16-bit mono with the shortest header there is. */
function readWav(file) {
  const bytes = readFileSync(file);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.length < 46) throw new Error(`${file} is no sound`);
  const samples = new Float32Array((bytes.length - 44) >> 1);
  for (let n = 0; n < samples.length; n += 1) samples[n] = bytes.readInt16LE(44 + 2 * n) / 32_768;
  return { rate: bytes.readUInt32LE(24), samples };
}

function wav(samples, rate) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(2 * rate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, n) => bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), 44 + 2 * n));
  return bytes;
}
