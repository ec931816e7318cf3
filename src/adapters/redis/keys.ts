import type { Channel } from '../../ports/broadcast-port.js';
import { GLOBAL } from '../../domain/names.js';

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
    if (name === `${this.#prefix}:global`) return GLOBAL;
    const rooms = `${this.#prefix}:room:`;
    return name.startsWith(rooms) && name.length > rooms.length ? name.slice(rooms.length) : undefined;
  }

  /** The pattern that matches the pub/sub names of all rooms. */
  get roomsPattern(): string {
    return this.#pattern('room:*');
  }

  /** What stands before a room's path in the name of its pub/sub channel, and of its log. */
  get beginnings(): { readonly channel: string; readonly log: string } {
    return { channel: `${this.#prefix}:`, log: `${this.#prefix}:log:` };
  }

  /** The pattern that matches all logs. */
  get logsPattern(): string {
    return this.#pattern('log:*');
  }

  /** A string: the pod that bounds what all rooms store. */
  get sweeper(): string {
    return `${this.#prefix}:sweeper`;
  }

  /** A hash: the epoch and the offset of the last message. */
  head(channel: Channel): string {
    return `${this.#prefix}:head:${path(channel)}`;
  }

  /** A stream: the stored messages, the offset being the first half of the entry's id. */
  log(channel: Channel): string {
    return `${this.#prefix}:log:${path(channel)}`;
  }

  /** Three hashes that take turns: what was published under which client's id, in spans of ten minutes. */
  once(channel: Channel): string[] {
    return [0, 1, 2].map((turn) => `${this.#prefix}:once:${path(channel)}:${turn}`);
  }

  /** The pub/sub channel on which a pod hears itself. */
  pod(pod: string): string {
    return `${this.#prefix}:pod:${pod}`;
  }

  /** A sorted set: the pods that were alive at the end of a run of Redis, by the milliseconds of their last sign. */
  pods(run: string): string {
    return `${this.#prefix}:pods:${run}`;
  }

  /** A string that is lost with everything else when Redis is flushed. */
  get mark(): string {
    return `${this.#prefix}:mark`;
  }

  /** A string: the epoch of all rooms that nobody has published to. */
  get base(): string {
    return `${this.#prefix}:base`;
  }

  /** A stream: what pods have announced to each other in the last day. */
  get announcements(): string {
    return `${this.#prefix}:announcements`;
  }

  /** A number: the publish calls so far. One that is lower than it was has lost messages. */
  get calls(): string {
    return `${this.#prefix}:calls`;
  }

  /** A hash: which pods have compared their rooms in a run of Redis, and what they agreed on. */
  run(run: string): string {
    return `${this.#prefix}:run:${run}`;
  }

  /** A string: the base epoch that a pod was last told of, then its last script call and what it was answered. */
  call(pod: string): string {
    return `${this.#prefix}:call:${pod}`;
  }

  #pattern(end: string): string {
    return `${this.#prefix.replace(/[\\*?[\]]/g, '\\$&')}:${end}`;
  }
}

function path(channel: Channel): string {
  return channel === GLOBAL ? 'global' : `room:${channel}`;
}
