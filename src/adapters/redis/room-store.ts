import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Channel, Entry, Position, ReadQuery } from '../../ports/broadcast-port.js';
import { asList, run } from './connection.js';
import type { Keys } from './keys.js';
import { READ } from './scripts.js';

/** A channel's place outlives its messages by this long, in seconds: clients may come back to an empty log. */
const HEAD_EXTRA_TTL = 7 * 24 * 3600;

export interface Retention {
  /** Messages kept a channel. */
  readonly historySize: number;
  /** Seconds that they are kept after the last one. */
  readonly historyTtl: number;
}

export interface Page {
  readonly position: Position;
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

/** Seconds that a channel's head lives. */
export function headTtl({ historyTtl }: Retention): number {
  return historyTtl + HEAD_EXTRA_TTL;
}

/** 16 characters that no other epoch has. */
export function freshEpoch(): string {
  return randomBytes(12).toString('base64url');
}

/** Reads channels' positions and stored messages. Rejects where Redis can't be asked. */
export class RoomStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #retention: Retention;

  constructor(redis: Redis, keys: Keys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
  }

  /** @param known where the caller stands; a log that is not even there has been rewound and begins a new epoch */
  async read(channel: Channel, { after, before, limit }: ReadQuery, known?: Position): Promise<Page> {
    const reply = await run(
      this.#redis,
      READ,
      [this.#keys.head(channel), this.#keys.log(channel)],
      [
        freshEpoch(),
        headTtl(this.#retention),
        this.#retention.historySize,
        known?.epoch ?? '',
        known?.offset ?? 0,
        after ?? '',
        before ?? '',
        limit,
      ],
    );
    const page = parse(asList(reply));
    if (after === undefined) page.entries.reverse();
    return page;
  }
}

function parse([epoch, offset, more, ...rest]: readonly unknown[]): Page & { entries: Entry[] } {
  const entries: Entry[] = [];
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const frame = rest[index + 1];
    if (!Buffer.isBuffer(frame)) throw new TypeError(`read script: expected a frame, got ${typeof frame}`);
    entries.push({ offset: Number.parseInt(String(rest[index]), 10), frame });
  }
  return { position: { epoch: String(epoch), offset: Number(String(offset)) }, entries, more: more === 1 };
}
