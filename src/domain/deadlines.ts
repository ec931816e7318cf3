import type { Clock, Scheduler } from '../ports/system.js';
import { Lookout } from './lookout.js';

/** What waits is ended less than this too late, in milliseconds. */
const CHECK_MS = 250;

/** Ends what takes too long. One timer for all, as all may take equally long, and none where nothing waits. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lookout: Lookout;
  readonly #waitMs: number;
  /** Those that began first come first. */
  readonly #waiting = new Map<() => void, number>();

  /** @param waitMs how long each may take, in milliseconds */
  constructor({ clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler }, waitMs: number) {
    this.#clock = clock;
    this.#lookout = new Lookout(scheduler, CHECK_MS, () => this.#check());
    this.#waitMs = waitMs;
  }

  /** Calls `end` when the time is up, unless the answer is called before. */
  begin(end: () => void): () => void {
    this.#waiting.set(end, this.#clock.ticks());
    this.#lookout.wake();
    return () => this.#waiting.delete(end);
  }

  #check(): boolean {
    const now = this.#clock.ticks();
    for (const [end, since] of this.#waiting) {
      if (now - since < this.#waitMs) break;
      this.#waiting.delete(end);
      end();
    }
    return this.#waiting.size > 0;
  }
}
