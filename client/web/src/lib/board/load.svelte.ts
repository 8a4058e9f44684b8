/** Something that is fetched and shown: what there was stays until there is better. */
import type { Problem } from '../../wire';
import { problemOf } from '../http';

export class Loaded<T> {
  value = $state.raw<T>();
  problem = $state.raw<Problem>();
  busy = $state(false);
  #asked = 0;

  /** Fetches anew. An answer that a later question overtook is dropped. */
  async load(fetch: () => Promise<T>): Promise<void> {
    const asked = (this.#asked += 1);
    this.busy = true;
    try {
      const value = await fetch();
      if (asked !== this.#asked) return;
      this.value = value;
      this.problem = undefined;
    } catch (error) {
      if (asked === this.#asked) this.problem = problemOf(error);
    }
    if (asked === this.#asked) this.busy = false;
  }
}
