import type { Scheduler } from '../ports/system.js';

/** Looks again and again, by one timer, for as long as there is something to look at. */
export class Lookout {
  readonly #scheduler: Scheduler;
  readonly #everyMs: number;
  readonly #look: () => boolean;
  #scheduled = false;

  /** @param look answers whether there is still something to look at */
  constructor(scheduler: Scheduler, everyMs: number, look: () => boolean) {
    this.#scheduler = scheduler;
    this.#everyMs = everyMs;
    this.#look = look;
  }

  /** There is something to look at. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#scheduler.later(this.#everyMs, () => {
      this.#scheduled = false;
      if (this.#look()) this.wake();
    });
  }
}
