/**
 * A map that forgets, without a timer and without a sweep: two generations take turns, and where a third begins, the first
 * is gone. What was set within the last span is there; what is older may be.
 */
export class Generations<V extends number | object> {
  readonly #spanMs: number;
  readonly #halfMax: number;
  readonly #weigh: (key: string) => number;
  /** What the keys of the young generation weigh. */
  #weight = 0;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  /** When the young generation began. */
  #began: number;

  /**
   * @param spanMs milliseconds
   * @param now milliseconds of a clock that never goes back, here and in all methods
   * @param most what is remembered may weigh, a little more at times; the latest half is never forgotten for want of room
   * @param weigh what a key weighs together with its value
   */
  constructor(spanMs: number, now: number, most = Infinity, weigh: (key: string) => number = () => 1) {
    this.#spanMs = spanMs;
    this.#halfMax = most / 2;
    this.#weigh = weigh;
    this.#began = now;
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** {@link get}, which counts as setting it again. */
  renew(key: string, now: number): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old, now);
    return old;
  }

  set(key: string, value: V, now: number): void {
    if (now - this.#began >= this.#spanMs || this.#weight >= this.#halfMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#weight = 0;
      this.#began = now;
    }
    if (!this.#young.has(key)) this.#weight += this.#weigh(key);
    this.#young.set(key, value);
  }

  /** Forgets a value, and no other that the key has by now. */
  forget(key: string, value: V): void {
    for (const generation of [this.#young, this.#old]) if (generation.get(key) === value) generation.delete(key);
  }
}
