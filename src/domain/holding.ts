import type { Retention } from '../ports/broadcast-port.js';

/** What a message takes beside its frame, in bytes: a Redis stream with an entry per message needs 113. */
const MESSAGE_OVERHEAD = 120;

/** What a channel's log holds of the messages that this pod has seen since it opened the room. */
export class Holding {
  readonly #retention: Retention;
  /** Bytes of the frames, oldest first, from {@link #first} on. */
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** Bytes by which a message makes the log grow: its own, less those of the messages that it displaces. */
  growth(bytes: number): number {
    const { messages, bytes: most } = this.#retention;
    let displaced = 0;
    let next = this.#first;
    while (next < this.#sizes.length) {
      const isTooMany = this.#sizes.length - next >= messages;
      if (!isTooMany && this.#bytes - displaced + bytes <= most) break;
      displaced += this.#sizes[next++] ?? 0;
    }
    const overhead = next === this.#first ? MESSAGE_OVERHEAD : 0;
    return Math.max(0, bytes - displaced) + overhead;
  }

  /** Counts a message that was stored. */
  add(bytes: number): void {
    const { messages, bytes: most } = this.#retention;
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    while (this.#count > messages || (this.#bytes > most && this.#count > 1)) {
      this.#bytes -= this.#sizes[this.#first++] ?? 0;
    }
    if (2 * this.#first < this.#sizes.length) return;
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }

  /** Forgets everything: the log began anew. */
  clear(): void {
    this.#sizes = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  get #count(): number {
    return this.#sizes.length - this.#first;
  }
}
