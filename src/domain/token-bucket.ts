/**
 * Lets a steady rate pass, and bursts up to a size. It starts full.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /**
   * @param rate tokens a second, more than 0
   * @param burst the most tokens that are saved up
   * @param now milliseconds of a clock that never goes back
   */
  constructor(rate: number, burst: number, now: number) {
    this.#perMs = rate / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** After how many milliseconds there will be so many tokens, 0 where there are. More than the burst: once it is full. */
  wait(tokens: number, now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return Math.ceil(Math.max(0, Math.min(tokens, this.#burst) - this.#tokens) / this.#perMs);
  }

  /** Takes tokens that there are, by the last {@link wait}. */
  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}
