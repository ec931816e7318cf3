import type {
  Channel,
  Position,
  Publication,
  PublishResult,
  ReadQuery,
  ReadResult,
  Receipt,
} from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import type { Account, ByteBudget, Holder } from '../../domain/byte-budget.js';
import { fitting } from '../../domain/fitting.js';
import { messageText } from '../../domain/message-text.js';
import { History } from './history.js';
import type { RecentIds } from './recent-ids.js';

/** How much longer than its messages a channel's epoch and offset live, in milliseconds. */
export const POSITION_MS = 7 * 86_400_000;

const MAX_READ = 1000;
/** What a log costs that holds no messages, beside its channel's name: measured. */
const POSITION_BYTES = 300;
/** What a UTF-16 unit of a channel's name may take. */
const UNIT_BYTES = 2;
const MOST_NAME_UNITS = 256;
/** What a position takes at most. */
export const MOST_POSITION_BYTES = POSITION_BYTES + UNIT_BYTES * MOST_NAME_UNITS;

export interface Retention {
  readonly historySize: number;
  readonly historyBytes: number;
  readonly historyTtlMs: number;
}

/** What a log shares with all others. */
export interface LogServices {
  readonly retention: Retention;
  readonly budget: ByteBudget;
  readonly recent: RecentIds;
}

/** What an append came to; `frame` is there where the message is new and must be told. */
export interface Appended {
  readonly result: PublishResult;
  readonly frame?: Frame;
}

/** The log of one channel. It outlives its messages: after they have expired it still knows where it stands. */
export class ChannelLog implements Holder {
  /** Bytes of memory that it takes without its messages. */
  readonly #positionBytes: number;
  readonly #epoch: string;
  /** No other log has it, not even a later one of the same channel. */
  readonly #number: number;
  readonly #services: LogServices;
  readonly #account: Account;
  /** There while it holds messages: most logs are positions alone. */
  #history: History | undefined;
  #offset = 0;
  #publishedAt: number;
  #usedAt: number;

  constructor(channel: Channel, epoch: string, number: number, services: LogServices, ticks: number) {
    this.#positionBytes = POSITION_BYTES + UNIT_BYTES * channel.length;
    this.#epoch = epoch;
    this.#number = number;
    this.#services = services;
    this.#account = services.budget.open(this);
    this.#publishedAt = ticks;
    this.#usedAt = ticks;
  }

  get position(): Position {
    return { epoch: this.#epoch, offset: this.#offset };
  }

  get held(): number {
    return this.#positionBytes + (this.#history?.held ?? 0);
  }

  /** Forgets the oldest messages, but not where it stands: whoever reads on from there finds that they have expired. */
  shed(bytes: number): void {
    this.#history?.shed(bytes);
    if (this.#history?.count === 0) this.#history = undefined;
  }

  append(publication: Publication, ticks: number): Appended {
    const { id, ts, once } = publication;
    const { budget, recent, retention } = this.#services;
    const before = once && recent.find(this.#number, once, ticks);
    if (before === 'conflict') return { result: { status: 'conflict' } };
    if (before) return { result: { status: 'published', receipt: this.#receipt(before) } };
    this.expire(ticks);
    this.#offset += 1;
    this.#publishedAt = ticks;
    this.touch(ticks);
    this.#history ??= new History(retention.historySize, retention.historyBytes, this.#offset);
    const frame = this.#history.append(messageText(publication, this.#offset));
    budget.use(this.#account);
    const sent = { id, ts, offset: this.#offset };
    if (once) recent.add(this.#number, once, sent, ticks);
    return { result: { status: 'published', receipt: this.#receipt(sent) }, frame };
  }

  read(query: ReadQuery, ticks: number): ReadResult {
    this.expire(ticks);
    const limit = Math.max(1, Math.min(query.limit, MAX_READ));
    const low = Math.max(this.#history?.first ?? this.#offset + 1, (query.after ?? 0) + 1);
    const high = Math.min(this.#offset, (query.before ?? Infinity) - 1);
    const oldest = query.after !== undefined;
    const from = oldest ? low : Math.max(low, high - limit + 1);
    const to = oldest ? Math.min(high, low + limit - 1) : high;
    const page = this.#history?.slice(from, to) ?? [];
    const entries = fitting(page, query.bytes ?? Infinity, oldest);
    const more = entries.length < page.length || (from <= to && (oldest ? to < high : from > low));
    return { status: 'read', position: this.position, entries, more };
  }

  /** Its position counts from now on, and goes on counting until {@link close}. */
  keep(): void {
    this.#services.budget.measure(this.#account);
  }

  /** Somebody stands at the log's position, so it may not be forgotten for a while. */
  touch(ticks: number): void {
    this.#usedAt = ticks;
  }

  /** While somebody listens, other logs lose their messages first. */
  setSubscribed(subscribed: boolean): void {
    this.#services.budget.setGivesWayLast(this.#account, subscribed);
  }

  /** Drops what has expired. Retention counts from the last message, so it takes all of them at once. */
  expire(ticks: number): void {
    if (!this.#history || ticks - this.#publishedAt < this.#services.retention.historyTtlMs) return;
    this.#history = undefined;
    this.#services.budget.measure(this.#account);
  }

  /** Gives back what it shares with other logs. */
  close(): void {
    this.#services.budget.close(this.#account);
  }

  /** Whether a log without subscribers may be forgotten, position and all. */
  forgettable(ticks: number): boolean {
    return ticks - this.#usedAt >= this.#services.retention.historyTtlMs + POSITION_MS;
  }

  #receipt({ id, ts, offset }: { id: string; ts: number; offset: number }): Receipt {
    return { id, ts, position: { epoch: this.#epoch, offset } };
  }
}
