/** The ring: two soft bell tones and a pause, until it is answered. Made here, so that no file has to be loaded. */

let context: AudioContext | undefined;

/** To be called from a touch, without which browsers let no page make a sound. Says whether sound is possible. */
export async function allowSound(): Promise<boolean> {
  context ??= new AudioContext();
  // Without a touch the promise of `resume` stays open for ever.
  const patience = new Promise((resolve) => setTimeout(resolve, 300));
  if (context.state !== 'running') await Promise.race([context.resume().catch(() => undefined), patience]);
  return context.state === 'running';
}

function bell(audio: AudioContext, frequency: number, at: number): void {
  // A fundamental and one quiet overtone, both fading: heard across a room, and no alarm.
  for (const [multiple, loudness] of [[1, 0.22], [2.76, 0.05]] as const) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency * multiple;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness, at + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0005, at + 1.1);
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 1.2);
  }
}

export function ringOnce(): void {
  if (context?.state === 'running') {
    const now = context.currentTime + 0.02;
    bell(context, 587.3, now);
    bell(context, 784, now + 0.28);
  }
  navigator.vibrate?.([200, 100, 200]);
}

/** Rings until the returned function is called. */
export function startRinging(): () => void {
  void allowSound().then(ringOnce);
  const timer = setInterval(ringOnce, 2200);
  return () => {
    clearInterval(timer);
    navigator.vibrate?.(0);
  };
}
