/** The longest that a debt makes anybody wait for the next token, in milliseconds. */
export const DEBT_MS = 60_000;

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

  /** Takes tokens whether there are any or not. The debt is paid off first; it is bounded by {@link DEBT_MS}. */
  owe(tokens: number, now: number): void {
    this.wait(0, now);
    this.#tokens = Math.max(this.#tokens - tokens, Math.min(this.#tokens, 1 - DEBT_MS * this.#perMs));
  }
}
