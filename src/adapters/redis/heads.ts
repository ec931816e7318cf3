import type { Channel, Position } from '../../ports/broadcast-port.js';
import type { BaseEpoch } from './base-epoch.js';
import { asList, asText } from './connection.js';
import type { Feed } from './feed.js';
import type { Keys } from './keys.js';
import { HEADS, KEEP } from './pod-scripts.js';
import type { Run } from './run.js';
import type { Subscriptions } from './subscriptions.js';

/** Each channel's head is looked at once in so many looks. */
const SHARES = 3;
/** Heads looked at in one script call: less than a millisecond of Redis. */
const AT_ONCE = 500;
/** Calls under way at a time: the sign waits for all, and on a slow line they take a turn together. */
const CALLS = 8;

interface Head {
  readonly feed: Feed;
  /** Where the feed was before the head was asked for. */
  readonly before: Position;
  readonly epoch: string | undefined;
  readonly offset: number;
}

export interface HeadsOptions {
  readonly keys: Keys;
  readonly pod: string;
  readonly subscriptions: Subscriptions;
  readonly base: BaseEpoch;
  /** Seconds that a head lives. */
  readonly ttl: number;
}

/** Compares what this pod has heard of its channels with what their logs' heads say, a share of them at a time. */
export class Heads {
  readonly #options: HeadsOptions;
  /** Looks whose sign has not come back yet, the oldest first. */
  readonly #looks: { readonly sign: number; readonly heads: readonly Head[] }[] = [];
  #count = 0;

  constructor(options: HeadsOptions) {
    this.#options = options;
  }

  /**
   * Asks for the heads of the next share of the channels, and renews one of them, each in its turn: a room that somebody
   * is in is not forgotten, however quiet it is. Rejects where Redis can't be asked.
   *
   * @param nextSign the sign that is sent next: when one sent after the answer is heard, so is all that the heads speak of
   */
  async look(run: Run, nextSign: () => number): Promise<void> {
    const share = this.#options.subscriptions.share(this.#count % SHARES, SHARES);
    const renewed = Math.floor(this.#count++ / SHARES) % share.length;
    const heads: Head[] = [];
    for (let at = 0; at < share.length;) {
      const calls: Promise<Head[]>[] = [];
      for (; calls.length < CALLS && at < share.length; at += AT_ONCE) {
        calls.push(this.#ask(run, share.slice(at, at + AT_ONCE), renewed - at));
      }
      heads.push(...(await Promise.all(calls)).flat());
    }
    this.#looks.push({ sign: nextSign(), heads });
  }

  /** A sign was heard: what its look and those before it speak of must have been heard too. */
  settle(sign: number): void {
    while (this.#looks[0] && this.#looks[0].sign <= sign) {
      const heads = this.#looks.shift()?.heads ?? [];
      for (const { feed, before, epoch, offset } of heads) feed.expect(before, epoch, offset);
    }
  }

  /** The signs that were on their way will not come. */
  forget(): void {
    this.#looks.length = 0;
  }

  async #ask(run: Run, channels: readonly [Channel, Feed][], renewed: number): Promise<Head[]> {
    const { keys, base, ttl } = this.#options;
    const asked = channels.map(([channel, feed]) => ({ name: keys.head(channel), feed, before: feed.position }));
    const names = asked.map(({ name }) => name);
    const answer = asList(await run.scripts.call(HEADS, names, [names[renewed] === undefined ? 0 : renewed + 1, ttl]));
    const heads: Head[] = [];
    const outlived: [name: string, epoch: string][] = [];
    for (const [index, { name, feed, before }] of asked.entries()) {
      const [epoch, offset] = [answer[2 * index], answer[2 * index + 1]];
      if (!before) continue;
      if (epoch !== null) heads.push({ feed, before, epoch: asText(epoch), offset: Number(asText(offset)) });
      else if (!base.isBlank(before)) heads.push({ feed, before, epoch: undefined, offset: 0 });
      else if (before.epoch !== base.current) outlived.push([name, before.epoch]);
    }
    if (outlived.length > 0) await this.#keep(run, outlived);
    return heads;
  }

  /** Gives heads to blank rooms that somebody was in when the base epoch ended. */
  async #keep(run: Run, rooms: readonly [name: string, epoch: string][]): Promise<void> {
    const { keys, pod, base, ttl } = this.#options;
    const names = rooms.map(([name]) => name);
    const epochs = rooms.map(([, epoch]) => epoch);
    await run.scripts.call(KEEP, [keys.call(pod), ...names], [base.current, ttl, ...epochs]);
  }
}
