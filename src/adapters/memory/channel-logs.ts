import { randomBytes } from 'node:crypto';
import type { Channel } from '../../ports/broadcast-port.js';
import { ByteBudget } from '../../domain/byte-budget.js';
import { ChannelLog, MOST_POSITION_BYTES, type LogServices, type Retention } from './channel-log.js';
import { RecentIds } from './recent-ids.js';

const EPOCH_BYTES = 12;
/** Channels looked at to find one that can be forgotten. */
const TRIES = 64;
/** The part of the total that may be positions alone. */
const POSITIONS_SHARE = 0.4;

export interface ChannelLogsOptions extends Retention {
  /** Bytes of memory for all channels, positions and messages together. */
  readonly historyBytesTotal: number;
  /** How many channels are remembered, but for those that somebody listens to; fewer if their positions need too much. */
  readonly maxChannels: number;
  /** How many keys of clients' messages are remembered. */
  readonly maxKeys: number;
}

/** The logs of all channels that hold anything worth remembering. */
export class ChannelLogs {
  readonly #subscribed: (channel: Channel) => boolean;
  readonly #services: LogServices;
  /** Those that were left first come first, but for some that somebody listens to. */
  readonly #logs = new Map<Channel, ChannelLog>();
  /**
   * The epoch of every log that begins now. All share it, so a channel that nobody has published to needs no memory: it
   * stands at the same place when it is asked again. It changes when a log with messages is forgotten, because a new
   * log of that name must not give the same offsets again within the old epoch.
   */
  #epoch = newEpoch();
  #begun = 0;
  readonly #max: number;
  #walk: MapIterator<[Channel, ChannelLog]> | undefined;

  constructor(options: ChannelLogsOptions, subscribed: (channel: Channel) => boolean) {
    const { historyBytesTotal, maxChannels, maxKeys } = options;
    this.#max = Math.min(maxChannels, (POSITIONS_SHARE * historyBytesTotal) / MOST_POSITION_BYTES);
    this.#subscribed = subscribed;
    const budget = new ByteBudget(historyBytesTotal);
    this.#services = { retention: options, budget, recent: new RecentIds(maxKeys) };
  }

  get size(): number {
    return this.#logs.size;
  }

  /** Bytes of memory that all logs take. */
  get held(): number {
    return this.#services.budget.held;
  }

  /** The channel's log, which is kept from now on. */
  open(channel: Channel, ticks: number): ChannelLog {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      this.#makeRoom();
      log = this.#begin(channel, ticks);
      log.keep();
      this.#logs.set(channel, log);
    }
    return log;
  }

  /** The channel's log for a look; an empty one is not kept. */
  peek(channel: Channel, ticks: number): ChannelLog {
    return this.#logs.get(channel) ?? this.#begin(channel, ticks);
  }

  /** Says that the last subscriber left. */
  left(channel: Channel, ticks: number): void {
    const log = this.#logs.get(channel);
    if (log === undefined) return;
    if (log.position.offset === 0) return this.#drop(channel, log);
    // To the end, behind those that were left before.
    this.#logs.delete(channel);
    this.#logs.set(channel, log);
    log.touch(ticks);
    log.setSubscribed(false);
  }

  /**
   * Drops what has expired and forgets logs that nobody can ask for any more. Looks at `most` logs and goes on with the
   * next ones when called again, so that many channels cost many short pauses and not a long one.
   */
  sweep(ticks: number, most: number): void {
    this.#services.recent.expire(ticks);
    this.#walk ??= this.#logs.entries();
    for (let looked = 0; looked < most; looked += 1) {
      const next = this.#walk.next();
      if (next.done === true) {
        this.#walk = undefined;
        return;
      }
      const [channel, log] = next.value;
      log.expire(ticks);
      if (!this.#subscribed(channel) && log.forgettable(ticks)) this.#forget(channel, log);
    }
  }

  clear(): void {
    for (const [channel, log] of this.#logs) this.#drop(channel, log);
    this.#services.recent.clear();
    this.#walk = undefined;
  }

  /** Forgets the channel that was left longest ago, where there are too many: who comes back to it is told of a reset. */
  #makeRoom(): void {
    if (this.#logs.size < this.#max) return;
    let tries = TRIES;
    for (const [channel, log] of this.#logs) {
      if (!this.#subscribed(channel)) return this.#forget(channel, log);
      // So that the next one need not look at it again.
      this.#logs.delete(channel);
      this.#logs.set(channel, log);
      if (--tries === 0) return;
    }
  }

  #begin(channel: Channel, ticks: number): ChannelLog {
    return new ChannelLog(channel, this.#epoch, ++this.#begun, this.#services, ticks);
  }

  #forget(channel: Channel, log: ChannelLog): void {
    this.#drop(channel, log);
    this.#epoch = newEpoch();
  }

  #drop(channel: Channel, log: ChannelLog): void {
    this.#logs.delete(channel);
    log.close();
  }
}

/** 16 characters that no log had before. */
function newEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url');
}
