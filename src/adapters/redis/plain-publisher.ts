import type { Redis } from 'ioredis';
import type { Channel, Publication } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import type { Keys } from './keys.js';
import { encodePayload } from './payload.js';

/** What one payload carries. */
const PAYLOAD_FRAMES = 512;
const PAYLOAD_BYTES = 256 * 1024;
/** What one turn may collect for the other pods; above that they miss it, as is the deal without a log. */
const TURN_BYTES = 32 * 1024 * 1024;

/** Tells other pods what is published without a log: at most once, one payload a room and turn. */
export class PlainPublisher {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #pod: string;
  readonly #rooms = new Map<Channel, Frame[]>();
  #bytes = 0;

  constructor(redis: Redis, keys: Keys, pod: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#pod = pod;
  }

  publish(channel: Channel, frame: Frame): void {
    if (this.#redis.status !== 'ready' || this.#bytes + frame.length > TURN_BYTES) return;
    if (this.#rooms.size === 0) setImmediate(() => this.#flush());
    this.#bytes += frame.length;
    const room = this.#rooms.get(channel);
    if (room) room.push(frame);
    else this.#rooms.set(channel, [frame]);
  }

  #flush(): void {
    for (const [channel, frames] of this.#rooms) {
      for (const part of split(frames)) {
        const payload = encodePayload(this.#pod, part);
        // What Redis did not get is not sent again: there is no log to compare with.
        this.#redis.publish(this.#keys.channel(channel), payload).catch(() => undefined);
      }
    }
    this.#rooms.clear();
    this.#bytes = 0;
  }
}

/** The frame of a publication without an offset. */
export function plainFrame({ head, tail }: Publication): Frame {
  return Buffer.concat([head, tail]);
}

function* split(frames: readonly Frame[]): Generator<readonly Frame[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, frame] of frames.entries()) {
    if (index > from && (bytes + frame.length > PAYLOAD_BYTES || index - from >= PAYLOAD_FRAMES)) {
      yield frames.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += frame.length;
  }
  yield frames.slice(from);
}
