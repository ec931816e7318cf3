import type { Clock } from '../../src/ports/system.js';

/** A clock that goes when it is told to. */
export class ManualClock implements Clock {
  #ticks = 0;

  now(): number {
    return 1_790_000_000_000 + this.#ticks;
  }

  ticks(): number {
    return this.#ticks;
  }

  /** @param ms milliseconds */
  advance(ms: number): void {
    this.#ticks += ms;
  }
}
