import { randomBytes } from 'node:crypto';
import { fitting } from '../../domain/fitting.js';
import type { Channel, Entry, Position, ReadQuery } from '../../ports/broadcast-port.js';
import type { BaseEpoch } from './base-epoch.js';
import { asList, asText } from './connection.js';
import type { Keys } from './keys.js';
import { decodePayload } from './payload.js';
import type { Link } from './link.js';
import { READ } from './log-scripts.js';

/** A channel's place outlives its messages by this long, in seconds: clients may come back to an empty log. */
const HEAD_EXTRA_TTL = 7 * 24 * 3600;

export interface Retention {
  /** Messages kept a channel. */
  readonly historySize: number;
  /** Bytes of messages kept a channel; the newest always stays. */
  readonly historyBytes: number;
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

export interface ChannelStoreOptions {
  readonly link: Link;
  readonly keys: Keys;
  readonly retention: Retention;
  readonly base: BaseEpoch;
  /** Where a channel stands, as far as this pod has heard. */
  readonly positionOf: (channel: Channel) => Position | undefined;
}

/** Reads channels' positions and stored messages. Rejects where Redis can't be asked. */
export class ChannelStore {
  readonly #options: ChannelStoreOptions;

  constructor(options: ChannelStoreOptions) {
    this.#options = options;
  }

  /**
   * Answers nothing where the channel is not settled in this run of Redis yet.
   *
   * @param known where the caller stands; a log that is not even there has been rewound and begins a new epoch
   * @param late that is of a time that may be lost, so the epoch ends in any case
   */
  async read(channel: Channel, query: ReadQuery, known?: Position, late = false): Promise<Page | undefined> {
    const { link, keys, retention, base, positionOf } = this.#options;
    const { run } = link;
    if (!run) throw new Error('redis: there is no connection');
    const names = [keys.head(channel), keys.log(channel), ...keys.once(channel)];
    const stand = [known?.epoch ?? '', known?.offset ?? 0, late ? 1 : 0];
    const place = [freshEpoch(), headTtl(retention), retention.historySize, run.verdict ?? '', ...stand];
    const { after = '', before = '', limit, bytes = '' } = query;
    const blank = base.of(known ?? positionOf(channel));
    const answer = asList(await run.scripts.call(READ, names, [...place, after, before, limit, bytes, blank]));
    return answer.length === 0 ? undefined : pageOf(answer, query);
  }

  /** {@link read} without any message. */
  async position(channel: Channel, known?: Position, late?: boolean): Promise<Position | undefined> {
    // Nothing comes before the first message.
    return (await this.read(channel, { before: 1, limit: 1 }, known, late))?.position;
  }
}

/** Cuts what the read script answers, which is whole entries, to the messages that were asked for. */
function pageOf(answer: readonly unknown[], { after, limit, bytes = Infinity }: ReadQuery): Page {
  const [epoch, offset, low, high, ...payloads] = answer;
  const oldest = after !== undefined;
  const [from, to] = [Number(asText(low)), Number(asText(high))];
  const inOrder = oldest ? payloads : payloads.toReversed();
  const all = inOrder.flatMap(entriesOf).filter((entry) => entry.offset >= from && entry.offset <= to);
  const entries = fitting(oldest ? all.slice(0, limit) : all.slice(-limit), bytes, oldest);
  const position = { epoch: asText(epoch), offset: Number(asText(offset)) };
  return { position, entries, more: entries.length < all.length };
}

function entriesOf(bytes: unknown): Entry[] {
  const payload = Buffer.isBuffer(bytes) ? decodePayload(bytes) : undefined;
  // What another program has put there is missing like what has been dropped, and told so.
  if (!payload) return [];
  const { first, frames } = payload;
  return frames.map((frame, index) => ({ offset: first + index, frame }));
}
