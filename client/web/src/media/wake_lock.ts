/** Keeps the screen awake while a session goes on; a dark screen would look like the end of it. */

export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let released = false;
  const take = async () => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (released) await lock.release();
    } catch {
      // Refused when the battery is low: the session goes on, with a screen that may go dark.
    }
  };
  // The lock is lost whenever the page is hidden.
  const again = () => void take();
  document.addEventListener('visibilitychange', again);
  void take();
  return () => {
    released = true;
    document.removeEventListener('visibilitychange', again);
    void lock?.release();
  };
}
