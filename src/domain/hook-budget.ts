/** Bytes of parsed requests that hooks may hold over the pod. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Parsed JSON takes up to this many times the length of its text: `{"34":0},` is an object of 360 bytes. */
const PARSED_FACTOR = 40;

/**
 * Bounds the parsed requests that hooks hold while they make up their minds. When the budget is used up, further
 * requests wait as text, and go on in the order in which they began to wait.
 */
export class HookBudget {
  readonly #max: number;
  readonly #waiting = new Set<() => void>();
  #bytes = 0;

  constructor(max: number = MAX_BYTES) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#max;
  }

  /**
   * Counts a request until its hook has answered.
   *
   * @param length of the request's text, in characters
   * @param answered MUST NOT reject
   */
  hold(length: number, answered: Promise<unknown>): void {
    const bytes = PARSED_FACTOR * length;
    this.#bytes += bytes;
    void answered.then(() => {
      this.#bytes -= bytes;
      this.#goOn();
    });
  }

  /** Calls `resume` once when the budget has room again. Asking again with the same function changes nothing. */
  whenFree(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /** Forgets a {@link whenFree}. */
  forget(resume: () => void): void {
    this.#waiting.delete(resume);
  }

  #goOn(): void {
    for (const resume of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(resume);
      resume();
    }
  }
}
