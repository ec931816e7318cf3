import { randomBytes } from 'node:crypto';
import type { Channel } from '../../ports/broadcast-port.js';
import { ChannelLog, type Retention } from './channel-log.js';

const EPOCH_BYTES = 12;

/** The logs of all channels that hold anything worth remembering. */
export class ChannelLogs {
  readonly #retention: Retention;
  readonly #logs = new Map<Channel, ChannelLog>();
  /**
   * The epoch of every log that begins now. All share it, so a channel that nobody has published to needs no memory: it
   * stands at the same place when it is asked again. It changes when a log with messages is forgotten, because a new
   * log of that name must not give the same offsets again within the old epoch.
   */
  #epoch = newEpoch();
  #walk: MapIterator<[Channel, ChannelLog]> | undefined;

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  get size(): number {
    return this.#logs.size;
  }

  /** The channel's log, which is kept from now on. */
  open(channel: Channel, ticks: number): ChannelLog {
    let log = this.#logs.get(channel);
    if (log === undefined) {
      log = new ChannelLog(this.#epoch, this.#retention, ticks);
      this.#logs.set(channel, log);
    }
    return log;
  }

  /** The channel's log for a look; an empty one is not kept. */
  peek(channel: Channel, ticks: number): ChannelLog {
    return this.#logs.get(channel) ?? new ChannelLog(this.#epoch, this.#retention, ticks);
  }

  /** Says that the last subscriber left. */
  left(channel: Channel, ticks: number): void {
    const log = this.#logs.get(channel);
    if (log === undefined) return;
    if (log.position.offset === 0) this.#logs.delete(channel);
    else log.touch(ticks);
  }

  /**
   * Drops what has expired and forgets logs that nobody can ask for any more. Looks at `most` logs and goes on with the
   * next ones when called again, so that many channels cost many short pauses and not a long one.
   */
  sweep(ticks: number, subscribed: (channel: Channel) => boolean, most: number): void {
    this.#walk ??= this.#logs.entries();
    for (let looked = 0; looked < most; looked += 1) {
      const next = this.#walk.next();
      if (next.done === true) {
        this.#walk = undefined;
        return;
      }
      const [channel, log] = next.value;
      log.expire(ticks);
      if (subscribed(channel) || !log.forgettable(ticks)) continue;
      this.#logs.delete(channel);
      this.#epoch = newEpoch();
    }
  }

  clear(): void {
    this.#logs.clear();
    this.#walk = undefined;
  }
}

/** 16 characters that no log had before. */
function newEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url');
}
