import { hash } from 'node:crypto';
import type { Publication, Receipt } from '../../ports/broadcast-port.js';

/** How long a key is remembered, in milliseconds. Repeating it does not renew it. */
export const ONCE_WINDOW_MS = 600_000;

interface Seen {
  /** Of the content, so that a key costs the same however long its message was. */
  readonly digest: string;
  readonly receipt: Receipt;
  readonly at: number;
}

/** How many keys all channels together may remember. */
export class KeyBudget {
  readonly max: number;
  used = 0;

  constructor(max: number) {
    this.max = max;
  }
}

/** What was published to one channel under a key of the client's in the last ten minutes. */
export class RecentIds {
  readonly #budget: KeyBudget;
  /** In order of time, because the window is the same for all: the oldest are the first. */
  readonly #seen = new Map<string, Seen>();

  constructor(budget: KeyBudget) {
    this.#budget = budget;
  }

  /** The first receipt, `conflict` where the content was another, or nothing where the key is new. */
  find(once: NonNullable<Publication['once']>, ticks: number): Receipt | 'conflict' | undefined {
    this.forget(ticks);
    const seen = this.#seen.get(once.key);
    if (seen === undefined) return undefined;
    return seen.digest === digest(once.content) ? seen.receipt : 'conflict';
  }

  add(once: NonNullable<Publication['once']>, receipt: Receipt, ticks: number): void {
    // Nobody can make another channel forget: one that has no more room pays with its own oldest keys.
    for (const key of this.#seen.keys()) {
      if (this.#budget.used < this.#budget.max) break;
      this.#drop(key);
    }
    this.#seen.set(once.key, { digest: digest(once.content), receipt, at: ticks });
    this.#budget.used += 1;
  }

  /** Drops what the window has passed. Returns whether anything is left. */
  forget(ticks: number): boolean {
    for (const [key, { at }] of this.#seen) {
      if (ticks - at < ONCE_WINDOW_MS) break;
      this.#drop(key);
    }
    return this.#seen.size > 0;
  }

  clear(): void {
    this.#budget.used -= this.#seen.size;
    this.#seen.clear();
  }

  #drop(key: string): void {
    this.#seen.delete(key);
    this.#budget.used -= 1;
  }
}

function digest(content: string): string {
  return hash('sha256', content, 'base64');
}
