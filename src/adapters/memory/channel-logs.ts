import { randomBytes } from 'node:crypto';
import type { Channel } from '../../ports/broadcast-port.js';
import { ChannelLog, type Retention } from './channel-log.js';
import { KeyBudget } from './recent-ids.js';

const EPOCH_BYTES = 12;
/** Channels looked at to find one that can be forgotten. */
const TRIES = 64;

export interface ChannelLogsOptions extends Retention {
  /** How many channels are remembered, but for those that somebody listens to. */
  readonly maxChannels: number;
  /** How many keys of clients' messages are remembered. */
  readonly maxKeys: number;
}

/** The logs of all channels that hold anything worth remembering. */
export class ChannelLogs {
  readonly #options: ChannelLogsOptions;
  readonly #subscribed: (channel: Channel) => boolean;
  readonly #keys: KeyBudget;
  /** Those that were left first come first, but for some that somebody listens to. */
  readonly #logs = new Map<Channel, ChannelLog>();
  /**
   * The epoch of every log that begins now. All share it, so a channel that nobody has published to needs no memory: it
   * stands at the same place when it is asked again. It changes when a log with messages is forgotten, because a new
   * log of that name must not give the same offsets again within the old epoch.
   */
  #epoch = newEpoch();
  #walk: MapIterator<[Channel, ChannelLog]> | undefined;

  constructor(options: ChannelLogsOptions, subscribed: (channel: Channel) => boolean) {
    this.#options = options;
    this.#subscribed = subscribed;
    this.#keys = new KeyBudget(options.maxKeys);
  }

  get size(): number {
    return this.#logs.size;
  }

  /** The channel's log, which is kept from now on. */
  open(channel: Channel, ticks: number): ChannelLog {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      this.#makeRoom();
      log = new ChannelLog(this.#epoch, this.#options, ticks, this.#keys);
      this.#logs.set(channel, log);
    }
    return log;
  }

  /** The channel's log for a look; an empty one is not kept. */
  peek(channel: Channel, ticks: number): ChannelLog {
    return this.#logs.get(channel) ?? new ChannelLog(this.#epoch, this.#options, ticks, this.#keys);
  }

  /** Says that the last subscriber left. */
  left(channel: Channel, ticks: number): void {
    const log = this.#logs.get(channel);
    if (log === undefined) return;
    this.#logs.delete(channel);
    if (log.position.offset === 0) return;
    log.touch(ticks);
    this.#logs.set(channel, log);
  }

  /**
   * Drops what has expired and forgets logs that nobody can ask for any more. Looks at `most` logs and goes on with the
   * next ones when called again, so that many channels cost many short pauses and not a long one.
   */
  sweep(ticks: number, most: number): void {
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
    this.#logs.clear();
    this.#walk = undefined;
  }

  /** Forgets the channel that was left longest ago, where there are too many: who comes back to it is told of a reset. */
  #makeRoom(): void {
    if (this.#logs.size < this.#options.maxChannels) return;
    let tries = TRIES;
    for (const [channel, log] of this.#logs) {
      if (!this.#subscribed(channel)) return this.#forget(channel, log);
      // So that the next one need not look at it again.
      this.#logs.delete(channel);
      this.#logs.set(channel, log);
      if (--tries === 0) return;
    }
  }

  #forget(channel: Channel, log: ChannelLog): void {
    this.#logs.delete(channel);
    log.close();
    this.#epoch = newEpoch();
  }
}

/** 16 characters that no log had before. */
function newEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url');
}
