import type { Clock, Scheduler } from '../ports/system.js';

/** What waits is ended less than this too late, in milliseconds. */
const CHECK_MS = 250;

/** Ends what takes too long. One timer for all, as all may take equally long, and none where nothing waits. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #waitMs: number;
  /** Those that began first come first. */
  readonly #waiting = new Map<() => void, number>();
  #scheduled = false;

  /** @param waitMs how long each may take, in milliseconds */
  constructor({ clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler }, waitMs: number) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#waitMs = waitMs;
  }

  /** Calls `end` when the time is up, unless the answer is called before. */
  begin(end: () => void): () => void {
    this.#waiting.set(end, this.#clock.ticks());
    this.#schedule();
    return () => this.#waiting.delete(end);
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    this.#scheduler.later(CHECK_MS, () => {
      this.#scheduled = false;
      this.#check();
      this.#schedule();
    });
  }

  #check(): void {
    const now = this.#clock.ticks();
    for (const [end, since] of this.#waiting) {
      if (now - since < this.#waitMs) return;
      this.#waiting.delete(end);
      end();
    }
  }
}
