import type { Redis } from 'ioredis';
import type { Channel } from '../../ports/broadcast-port.js';
import { GLOBAL } from '../../domain/names.js';
import type { Keys } from './keys.js';

/** Channels named in one SUBSCRIBE when all are subscribed again. */
const CHUNK = 500;

/** `rooms` subscribes to each room; `pattern` hears all of them, also those that this pod has no members in. */
export type SubscribeMode = 'rooms' | 'pattern';

/** Listens to channels on a connection of its own. */
export class Subscriber {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #mode: SubscribeMode;
  /** The channel on which this pod hears itself. */
  readonly #own: string;

  constructor(options: {
    readonly redis: Redis;
    readonly keys: Keys;
    readonly mode: SubscribeMode;
    readonly pod: string;
    readonly onPayload: (channel: Channel, payload: Buffer) => void;
    /** Told of what this pod sent to itself. */
    readonly onSign: (sign: string) => void;
  }) {
    this.#redis = options.redis;
    this.#keys = options.keys;
    this.#mode = options.mode;
    this.#own = this.#keys.pod(options.pod);
    const hear = (name: Buffer, payload: Buffer): void => {
      const text = name.toString();
      const channel = this.#keys.parse(text);
      if (channel !== undefined) options.onPayload(channel, payload);
      else if (text === this.#own) options.onSign(payload.toString());
    };
    this.#redis.on('messageBuffer', hear);
    this.#redis.on('pmessageBuffer', (_pattern: string, name: Buffer, payload: Buffer) => hear(name, payload));
  }

  /** Resolves when Redis has confirmed. Rejects where it can't be asked. */
  async add(channel: Channel): Promise<void> {
    if (this.#isCovered(channel)) return;
    await this.#redis.subscribe(this.#keys.channel(channel));
  }

  remove(channel: Channel): void {
    if (this.#isCovered(channel)) return;
    // A connection that breaks forgets its subscriptions by itself.
    this.#redis.unsubscribe(this.#keys.channel(channel)).catch(() => undefined);
  }

  /** Subscribes a new connection to all that is wanted. Rejects where it breaks again meanwhile. */
  async restore(channels: readonly Channel[]): Promise<void> {
    await this.#redis.subscribe(this.#own);
    if (this.#mode === 'pattern') await this.#redis.psubscribe(this.#keys.roomsPattern);
    const names = channels.filter((channel) => !this.#isCovered(channel)).map((channel) => this.#keys.channel(channel));
    for (let at = 0; at < names.length; at += CHUNK) await this.#redis.subscribe(...names.slice(at, at + CHUNK));
  }

  #isCovered(channel: Channel): boolean {
    return this.#mode === 'pattern' && channel !== GLOBAL;
  }
}
