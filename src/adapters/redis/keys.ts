import type { Channel } from '../../ports/broadcast-port.js';

/** Minutes within which a publication is recognised when it is sent again. */
const ONCE_MINUTES = 10;

/** The names of all that a deployment keeps in Redis, under one prefix. */
export class Keys {
  readonly #prefix: string;

  /** @param prefix what all pods of one deployment share and no other does */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The pub/sub channel. */
  channel(channel: Channel): string {
    return `${this.#prefix}:${path(channel)}`;
  }

  /** The channel of a pub/sub name; `undefined` where it is none of ours. */
  parse(name: string): Channel | undefined {
    if (name === `${this.#prefix}:global`) return '';
    const rooms = `${this.#prefix}:room:`;
    return name.startsWith(rooms) && name.length > rooms.length ? name.slice(rooms.length) : undefined;
  }

  /** The pattern that matches the pub/sub names of all rooms. */
  get roomsPattern(): string {
    return `${this.#prefix.replace(/[\\*?[\]]/g, '\\$&')}:room:*`;
  }

  /** A hash: the epoch and the offset of the last message. */
  head(channel: Channel): string {
    return `${this.#prefix}:head:${path(channel)}`;
  }

  /** A stream: the stored messages, the offset being the first half of the entry's id. */
  log(channel: Channel): string {
    return `${this.#prefix}:log:${path(channel)}`;
  }

  /** Two hashes, now and before: what was published under which client's id, in spans of ten minutes. */
  once(channel: Channel, now: number): [current: string, previous: string] {
    const span = Math.floor(now / (ONCE_MINUTES * 60_000));
    const name = (at: number): string => `${this.#prefix}:once:${path(channel)}:${at}`;
    return [name(span), name(span - 1)];
  }

  /** A string: the last script call of a pod and what it was answered. */
  call(pod: string): string {
    return `${this.#prefix}:call:${pod}`;
  }
}

/** How long a hash of {@link Keys.once} must live, in seconds: its own span and the next. */
export const ONCE_TTL = 2 * ONCE_MINUTES * 60;

function path(channel: Channel): string {
  return channel === '' ? 'global' : `room:${channel}`;
}
