/** How long to wait before the next try: quick at first, never longer than three seconds. */
export class Backoff {
  #tries = 0;

  next(random: () => number = Math.random): number {
    const full = Math.min(3000, 300 * 2 ** this.#tries);
    this.#tries += 1;
    // A little apart from each other, so that a relay that comes back is not met by everybody in one instant.
    return full * (0.8 + 0.2 * random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
