import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../ports/system.js';
import { Coldest } from './coldest.js';
import { asList, asText } from './connection.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { Run } from './run.js';
import { usedMemoryOf } from './server-info.js';
import { DROP, LEASE, SURVEY } from './sweep-scripts.js';

/** Milliseconds between two renewals of the lease, and that it lasts without. */
const RENEW_MS = 1000;
const LEASE_MS = 3000;
/** Milliseconds between two looks at the memory of Redis. */
const LOOK_MS = 100;
/** Milliseconds after which all is measured again, whatever the memory of Redis says. */
const MEASURE_MS = 60_000;
/** Keys that one script call goes through, and logs that one drops: well below a millisecond of Redis. */
const KEYS_AT_ONCE = 200;
const DROPS_AT_ONCE = 32;
/** A sweep ends at this share of the total, so that there is not another one at once. */
const SWEPT_TO = 0.95;

export interface SweeperOptions {
  readonly link: Link;
  readonly keys: Keys;
  readonly pod: string;
  readonly logger: Logger;
  /** Bytes of Redis's memory that the stored messages of all rooms may take. */
  readonly total: number;
}

/** What all logs take, in bytes, and the rooms that give way first. */
interface Survey {
  readonly bytes: number;
  readonly coldest: Coldest;
}

/** What was dropped: bytes, and the logs of how many rooms. */
interface Dropped {
  readonly freed: number;
  readonly rooms: number;
}

const NOTHING: Dropped = { freed: 0, rooms: 0 };

/**
 * Bounds what all rooms store in Redis. One pod at a time does it, by a lease that it renews. It measures all logs by
 * SCAN, and only if the memory of Redis has grown by as much as was free, or a minute has passed; between two calls it
 * leaves Redis to others for as long as the first one took.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timers: NodeJS.Timeout[] = [];
  #holdsLease = false;
  #looking = false;
  /** What the logs took when they were measured last, in bytes; `undefined` before. */
  #measured: number | undefined;
  #measuredAt = -Infinity;
  /** The least memory that Redis has used since. */
  #least = 0;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.#renew(), RENEW_MS).unref(),
      setInterval(() => void this.#lookOnce(), LOOK_MS).unref(),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#holdsLease = false;
  }

  /** The run of Redis that may be asked. */
  get #run(): Run | undefined {
    const { link } = this.#options;
    return link.health.ready && link.run?.verdict ? link.run : undefined;
  }

  async #renew(): Promise<void> {
    const { keys, pod, link } = this.#options;
    try {
      this.#holdsLease = (await this.#run?.scripts.call(LEASE, [keys.sweeper], [pod, LEASE_MS])) === 1;
    } catch (error) {
      this.#holdsLease = false;
      link.refused(error);
    }
    // Another pod may have measured since; its figure is not known here.
    if (!this.#holdsLease) this.#measured = undefined;
  }

  async #lookOnce(): Promise<void> {
    const run = this.#holdsLease && !this.#looking ? this.#run : undefined;
    if (!run) return;
    this.#looking = true;
    try {
      await this.#look(run);
    } catch (error) {
      this.#options.link.refused(error);
    } finally {
      this.#looking = false;
    }
  }

  async #look(run: Run): Promise<void> {
    const used = await usedMemoryOf(this.#options.link.commands);
    this.#least = Math.min(this.#least, used);
    const isDue = performance.now() - this.#measuredAt >= MEASURE_MS;
    const atMost = (this.#measured ?? Infinity) + used - this.#least;
    if (isDue || atMost > this.#options.total) await this.#sweep(run, used);
  }

  async #sweep(run: Run, used: number): Promise<void> {
    const { logger, total } = this.#options;
    const { bytes, coldest } = await this.#survey(run);
    const { freed, rooms } = bytes > total ? await this.#drop(run, coldest, bytes - SWEPT_TO * total) : NOTHING;
    this.#measured = bytes - freed;
    this.#measuredAt = performance.now();
    this.#least = used - freed;
    if (rooms > 0) logger.info('stored history was over its total', { bytes, total, freed, rooms });
  }

  async #survey(run: Run): Promise<Survey> {
    const { keys } = this.#options;
    const { channel: channelsBegin, log: logsBegin } = keys.beginnings;
    const coldest = new Coldest();
    let bytes = 0;
    let cursor = '0';
    do {
      const args = [cursor, keys.logsPattern, KEYS_AT_ONCE, logsBegin, channelsBegin];
      const [next, ...rooms] = asList(await this.#gently(run, SURVEY, [], args));
      for (let at = 0; at < rooms.length; at += 4) {
        const channel = keys.parse(asText(rooms[at]));
        // A log of another name is none of a room's.
        if (channel === undefined) continue;
        bytes += Number(rooms[at + 1]);
        coldest.add({ channel, expiresAt: Number(rooms[at + 2]), hasMembers: Number(rooms[at + 3]) > 0 });
      }
      cursor = asText(next);
    } while (cursor !== '0');
    return { bytes, coldest };
  }

  /** Drops the logs of rooms, the coldest first, until so many bytes are free. */
  async #drop(run: Run, coldest: Coldest, excess: number): Promise<Dropped> {
    const { keys, pod } = this.#options;
    const all = coldest.inOrder();
    let [freed, rooms] = [0, 0];
    for (let at = 0; at < all.length && freed < excess; at += DROPS_AT_ONCE) {
      const some = all.slice(at, at + DROPS_AT_ONCE);
      const names = some.flatMap(({ channel }) => [keys.head(channel), keys.log(channel)]);
      const places = some.flatMap((room) => [room.expiresAt, room.hasMembers ? '' : keys.channel(room.channel)]);
      const args = [pod, excess - freed, ...places];
      const answer = asList(await this.#gently(run, DROP, [keys.sweeper, ...names], args));
      freed += Number(answer[0]);
      rooms += Number(answer[1]);
    }
    return { freed, rooms };
  }

  /** Runs a script, and then leaves Redis to others for as long as that took. */
  async #gently(
    run: Run,
    script: string,
    names: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const began = performance.now();
    const answer = await run.scripts.call(script, names, args);
    await delay(performance.now() - began, undefined, { ref: false });
    if (!this.#holdsLease) throw new Error('redis: another pod sweeps');
    return answer;
  }
}
