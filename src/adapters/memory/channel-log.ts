import type { Position, Publication, PublishResult, ReadQuery, ReadResult } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { fitting } from '../../domain/fitting.js';
import { messageText } from '../../domain/message-text.js';
import { FrameMemory } from './frame-memory.js';
import { History } from './history.js';
import { type KeyBudget, RecentIds } from './recent-ids.js';

/** How much longer than its messages a channel's epoch and offset live, in milliseconds. */
export const POSITION_MS = 7 * 86_400_000;

const MAX_READ = 1000;

export interface Retention {
  readonly historySize: number;
  readonly historyBytes: number;
  readonly historyTtlMs: number;
}

/** What an append came to; `frame` is there where the message is new and must be told. */
export interface Appended {
  readonly result: PublishResult;
  readonly frame?: Frame;
}

/** The log of one channel. It outlives its messages: after they have expired it still knows where it stands. */
export class ChannelLog {
  readonly #epoch: string;
  readonly #retention: Retention;
  readonly #history: History;
  readonly #memory = new FrameMemory();
  readonly #keys: KeyBudget;
  #offset = 0;
  /** Made by the first message with a key: most logs never see one. */
  #recent: RecentIds | undefined;
  #publishedAt: number;
  #usedAt: number;

  constructor(epoch: string, retention: Retention, ticks: number, keys: KeyBudget) {
    this.#keys = keys;
    this.#epoch = epoch;
    this.#retention = retention;
    this.#history = new History(retention.historySize, retention.historyBytes);
    this.#publishedAt = ticks;
    this.#usedAt = ticks;
  }

  get position(): Position {
    return { epoch: this.#epoch, offset: this.#offset };
  }

  append(publication: Publication, ticks: number): Appended {
    const { id, ts, once } = publication;
    const before = once && this.#recent?.find(once, ticks);
    if (before === 'conflict') return { result: { status: 'conflict' } };
    if (before) return { result: { status: 'published', receipt: before } };
    this.expire(ticks);
    this.#offset += 1;
    this.#publishedAt = ticks;
    this.touch(ticks);
    const frame = this.#memory.write(messageText(publication, this.#offset), this.#history.bytes);
    this.#history.append(frame);
    const receipt = { id, ts, position: this.position };
    if (once) (this.#recent ??= new RecentIds(this.#keys)).add(once, receipt, ticks);
    return { result: { status: 'published', receipt }, frame };
  }

  read(query: ReadQuery, ticks: number): ReadResult {
    this.expire(ticks);
    const limit = Math.max(1, Math.min(query.limit, MAX_READ));
    const low = Math.max(this.#history.first, (query.after ?? 0) + 1);
    const high = Math.min(this.#offset, (query.before ?? Infinity) - 1);
    const oldest = query.after !== undefined;
    const from = oldest ? low : Math.max(low, high - limit + 1);
    const to = oldest ? Math.min(high, low + limit - 1) : high;
    const page = this.#history.slice(from, to);
    const entries = fitting(page, query.bytes ?? Infinity, oldest);
    const more = entries.length < page.length || (from <= to && (oldest ? to < high : from > low));
    return { status: 'read', position: this.position, entries, more };
  }

  /** Somebody stands at the log's position, so it may not be forgotten for a while. */
  touch(ticks: number): void {
    this.#usedAt = ticks;
  }

  /** Drops what has expired. Retention counts from the last message, so it takes all of them at once. */
  expire(ticks: number): void {
    if (this.#history.count > 0 && ticks - this.#publishedAt >= this.#retention.historyTtlMs) {
      this.#history.clear();
      this.#memory.clear();
    }
    if (this.#recent?.forget(ticks) === false) this.#recent = undefined;
  }

  /** Gives back what it shares with other logs. */
  close(): void {
    this.#recent?.clear();
  }

  /** Whether a log without subscribers may be forgotten, position and all. */
  forgettable(ticks: number): boolean {
    return ticks - this.#usedAt >= this.#retention.historyTtlMs + POSITION_MS;
  }
}
