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

/** What was published to one channel under a key of the client's in the last ten minutes. */
export class RecentIds {
  /** In order of time, because the window is the same for all: the oldest are the first. */
  readonly #seen = new Map<string, Seen>();

  /** The first receipt, `conflict` where the content was another, or nothing where the key is new. */
  find(once: NonNullable<Publication['once']>, ticks: number): Receipt | 'conflict' | undefined {
    this.forget(ticks);
    const seen = this.#seen.get(once.key);
    if (seen === undefined) return undefined;
    return seen.digest === digest(once.content) ? seen.receipt : 'conflict';
  }

  add(once: NonNullable<Publication['once']>, receipt: Receipt, ticks: number): void {
    this.#seen.set(once.key, { digest: digest(once.content), receipt, at: ticks });
  }

  /** Drops what the window has passed. Returns whether anything is left. */
  forget(ticks: number): boolean {
    for (const [key, { at }] of this.#seen) {
      if (ticks - at < ONCE_WINDOW_MS) break;
      this.#seen.delete(key);
    }
    return this.#seen.size > 0;
  }
}

function digest(content: string): string {
  return hash('sha256', content, 'base64');
}
