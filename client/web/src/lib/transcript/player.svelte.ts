/** A recording of the interview that lies on this device, played beside the transcript. It is never sent anywhere. */
import { beginsAt, momentOf, secondsInto } from './recording';

export class Player {
  name = $state<string>();
  url = $state<string>();
  /** Seconds. */
  time = $state(0);
  duration = $state(0);
  paused = $state(true);
  failed = $state(false);
  /** When the recording begins, in the transcript's time. */
  begins = $state(0);
  /** Whether somebody has said so; before, it is taken to begin with the session. */
  aligned = $state(false);

  open(file: File, sessionBegan: number): void {
    this.close();
    this.name = file.name;
    this.url = URL.createObjectURL(file);
    this.begins = sessionBegan;
  }

  close(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = this.name = undefined;
    this.time = this.duration = 0;
    this.paused = true;
    this.failed = this.aligned = false;
  }

  /** What is being said now; nothing while no recording is open. */
  get now(): number | undefined {
    return this.url === undefined ? undefined : momentOf(this.time, this.begins);
  }

  playFrom(at: number): void {
    this.time = Math.max(0, secondsInto(at, this.begins));
    this.paused = false;
  }

  toggle(): void {
    this.paused = !this.paused;
  }

  /** The line that began at this point of time is the one that is heard now. */
  alignTo(at: number): void {
    this.begins = beginsAt(at, this.time);
    this.aligned = true;
  }
}
