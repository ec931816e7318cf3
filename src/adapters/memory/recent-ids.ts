import { hash } from 'node:crypto';
import { exactBytes } from '../node/exact-bytes.js';
import type { Publication, Receipt } from '../../ports/broadcast-port.js';

/** How long a key is remembered, in milliseconds. Repeating it does not renew it. */
export const ONCE_WINDOW_MS = 600_000;
/** From so many places of forgotten keys on they are given back, once they are half of all. */
const IDLE_MIN = 1024;

interface Seen {
  readonly key: string;
  /** Of the content, so that a key costs the same however long its message was. */
  readonly digest: string;
  readonly receipt: Receipt;
  readonly at: number;
  /** What knows it by its key. */
  readonly owner: Map<string, Seen>;
}

/**
 * The keys of all channels, in order of time. Where there are too many the oldest goes, whoever's it is: so each is
 * remembered until as many newer ones have come, however they are spread over channels.
 */
export class KeyBudget {
  readonly #max: number;
  #seen: (Seen | undefined)[] = [];
  /** The place of the oldest. */
  #first = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#seen.length - this.#first;
  }

  add(seen: Seen): void {
    if (this.used >= this.#max) this.#dropFirst();
    this.#seen.push(seen);
  }

  /** Drops what the window has passed. */
  expire(ticks: number): void {
    for (let oldest = this.#seen[this.#first]; oldest; oldest = this.#seen[this.#first]) {
      if (ticks - oldest.at < ONCE_WINDOW_MS) return;
      this.#dropFirst();
    }
  }

  #dropFirst(): void {
    const seen = this.#seen[this.#first];
    this.#seen[this.#first++] = undefined;
    if (seen) seen.owner.delete(seen.key);
    if (this.#first < IDLE_MIN || 2 * this.#first < this.#seen.length) return;
    this.#seen = this.#seen.slice(this.#first);
    this.#first = 0;
  }
}

/** What was published to one channel under a key of the client's in the last ten minutes. */
export class RecentIds {
  readonly #budget: KeyBudget;
  readonly #seen = new Map<string, Seen>();

  constructor(budget: KeyBudget) {
    this.#budget = budget;
  }

  /** The first receipt, `conflict` where the content was another, or nothing where the key is new. */
  find(once: NonNullable<Publication['once']>, ticks: number): Receipt | 'conflict' | undefined {
    this.#budget.expire(ticks);
    const seen = this.#seen.get(once.key);
    if (seen === undefined) return undefined;
    return seen.digest === digest(once.content) ? seen.receipt : 'conflict';
  }

  add({ key, content }: NonNullable<Publication['once']>, receipt: Receipt, ticks: number): void {
    const seen = { key, digest: digest(content), receipt, at: ticks, owner: this.#seen };
    this.#budget.add(seen);
    this.#seen.set(key, seen);
  }

  /** Drops what the window has passed. Returns whether anything is left. */
  forget(ticks: number): boolean {
    this.#budget.expire(ticks);
    return this.#seen.size > 0;
  }

  /** Forgets all; until their time has passed the places in the budget stay taken. */
  clear(): void {
    this.#seen.clear();
  }
}

function digest(content: string): string {
  return hash('sha256', exactBytes(content), 'base64');
}
