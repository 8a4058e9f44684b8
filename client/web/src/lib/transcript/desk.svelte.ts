/** What the reader has in hand on a transcript's screen: the line they are at, those they chose, and what they type. */
import { SvelteMap } from 'svelte/reactivity';
import type { ReviewAct } from '../../wire';
import type { Seen } from './certifying';

export type Writing = 'correct' | 'comment';

/** A text that is being written. */
export interface Begun {
  readonly text: string;
  readonly first: string;
  /** Of the line, when the writing began. */
  readonly version: number;
}

export class TranscriptDesk {
  /** The line at which the reader is. */
  selected = $state<number>();
  /** Lines chosen to be certified, in the version in which they were chosen: nobody certifies what they did not see. */
  readonly chosen = new SvelteMap<number, number>();
  /** Lines about to be certified: those whose statement is being asked for. */
  certifying = $state.raw<Seen>();
  /** Stands beside an officer's statements for as long as the page is open. */
  serviceNumber = $state('');
  /** Texts that were begun, by what and entry. Kept here, for a row that is out of sight is not drawn. */
  readonly #writings = new SvelteMap<string, Begun>();
  /** Carries an act to the relay; throws what was refused. */
  readonly act: (act: ReviewAct) => Promise<void>;

  constructor(act: (act: ReviewAct) => Promise<void>) {
    this.act = act;
  }

  /** Begins to write about an entry; `null`: about the whole. `text`: what there is to begin with. */
  write(entry: number | null, what: Writing, text = '', version = 0): void {
    if (entry !== null) this.selected = entry;
    this.#writings.set(`${what} ${entry}`, { text, first: text, version });
  }

  begun(entry: number | null, what: Writing): Begun | undefined {
    return this.#writings.get(`${what} ${entry}`);
  }

  isWriting(entry: number | null): boolean {
    return this.begun(entry, 'correct') !== undefined || this.begun(entry, 'comment') !== undefined;
  }

  type(entry: number | null, what: Writing, text: string): void {
    const begun = this.begun(entry, what);
    if (begun !== undefined) this.#writings.set(`${what} ${entry}`, { ...begun, text });
  }

  /** Saved or given up. */
  put(entry: number | null, what: Writing): void {
    this.#writings.delete(`${what} ${entry}`);
  }

  /** Whether something would be lost if the page were closed. */
  get hasTyped(): boolean {
    return [...this.#writings.values()].some(({ text, first }) => text !== first);
  }

  /** `version`: as it stands on the screen; nothing: not chosen any more. */
  choose(line: number, version: number | undefined): void {
    if (version === undefined) this.chosen.delete(line);
    else this.chosen.set(line, version);
  }

  /** After an act: what was certified, or corrected by somebody else, is not chosen any more. */
  keepChosen(certifiable: Seen): void {
    for (const [line, version] of this.chosen) if (certifiable.get(line) !== version) this.chosen.delete(line);
  }
}
