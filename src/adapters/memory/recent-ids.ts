import { hash } from 'node:crypto';
import { exactBytes } from '../node/exact-bytes.js';
import type { Publication } from '../../ports/broadcast-port.js';

/** How long a key is remembered, in milliseconds. Repeating it does not renew it. */
const ONCE_WINDOW_MS = 600_000;

type Once = NonNullable<Publication['once']>;

/** What was published under a key. */
interface Sent {
  readonly id: string;
  readonly ts: number;
  readonly offset: number;
}

interface Seen extends Sent {
  readonly digest: string;
  readonly at: number;
}

/**
 * The keys that messages of all channels had in the last ten minutes, in order of time. If there are too many, the oldest
 * goes, whichever channel it is of.
 *
 * Memory: 300 bytes per key. Keys and contents are kept as digests, so that their lengths do not matter.
 */
export class RecentIds {
  readonly #max: number;
  readonly #seen = new Map<string, Seen>();
  /** Goes over all keys once, oldest first; only what it has passed is ever deleted. */
  #walk: MapIterator<[string, Seen]> | undefined;
  #oldest: readonly [string, Seen] | undefined;

  /** @param max keys that are remembered */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#seen.size;
  }

  /**
   * Returns the first publish of this key, `conflict` if its content differs, or nothing if the key is new.
   *
   * @param log the number of the channel's log, which no other log has
   */
  find(log: number, once: Once, ticks: number): Sent | 'conflict' | undefined {
    this.expire(ticks);
    const seen = this.#seen.get(keyOf(log, once));
    if (seen === undefined) return undefined;
    return seen.digest === digest(once.content) ? seen : 'conflict';
  }

  /** Remembers a key that was not found. */
  add(log: number, once: Once, { id, ts, offset }: Sent, ticks: number): void {
    if (this.#seen.size >= this.#max) this.#dropFirst();
    this.#seen.set(keyOf(log, once), { id, ts, offset, digest: digest(once.content), at: ticks });
  }

  /** Drops what the window has passed. */
  expire(ticks: number): void {
    for (let first = this.#first(); first && ticks - first[1].at >= ONCE_WINDOW_MS; first = this.#first()) {
      this.#dropFirst();
    }
  }

  clear(): void {
    this.#seen.clear();
    this.#walk = undefined;
    this.#oldest = undefined;
  }

  #first(): readonly [string, Seen] | undefined {
    if (this.#oldest) return this.#oldest;
    this.#walk ??= this.#seen.entries();
    const next = this.#walk.next();
    if (next.done === true) this.#walk = undefined;
    else this.#oldest = next.value;
    return this.#oldest;
  }

  #dropFirst(): void {
    const first = this.#first();
    this.#oldest = undefined;
    if (first) this.#seen.delete(first[0]);
  }
}

function keyOf(log: number, { key }: Once): string {
  return digest(`${log} ${key}`);
}

/** 32 characters, of a byte each. */
function digest(text: string): string {
  return hash('sha256', exactBytes(text), 'binary');
}
