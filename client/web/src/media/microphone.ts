/** The microphone, with the browser's own echo cancellation, noise suppression and gain control. */

export type Microphone = { track: MediaStreamTrack } | { failed: 'denied' | 'missing' };

export async function openMicrophone(): Promise<Microphone> {
  if (navigator.mediaDevices === undefined) return { failed: 'missing' };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
      video: false,
    });
    const [track] = stream.getAudioTracks();
    if (track === undefined) return { failed: 'missing' };
    // Tells the encoder that this is speech, where intelligibility goes before fullness of sound.
    track.contentHint = 'speech';
    return { track };
  } catch (error) {
    const denied = error instanceof DOMException && error.name === 'NotAllowedError';
    return { failed: denied ? 'denied' : 'missing' };
  }
}
