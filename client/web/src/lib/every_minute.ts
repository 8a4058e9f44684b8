/** Does something now, every minute while the page is looked at, and when it is looked at again. Returns how to end it. */
export function everyMinute(work: () => void): () => void {
  const looked = () => {
    if (!document.hidden) work();
  };
  work();
  const timer = setInterval(looked, 60_000);
  document.addEventListener('visibilitychange', looked);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', looked);
  };
}
