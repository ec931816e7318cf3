import type { BroadcastPort, Channel, Publication, PublishResult } from '../ports/broadcast-port.js';
import type { Clock } from '../ports/system.js';
import { fingerprint } from './fingerprint.js';
import { Generations } from './generations.js';

/** How long a key is remembered, in milliseconds. Repeating it does not renew it. */
const WINDOW_MS = 600_000;
/**
 * Bytes of memory for the keys that the pod remembers: 100,000 of usual length. The latest half of them is never forgotten
 * for want of room.
 */
const BYTES_MAX = 64 * 1024 * 1024;
/** What a key costs beside its text: measured. */
const KEY_BYTES = 450;
/** What a UTF-16 unit of a key may take. */
const UNIT_BYTES = 2;

/** What was published under a key. */
interface Sent {
  readonly content: number;
  readonly at: number;
  /**
   * The broadcaster's own promise, as a repetition may come while the first is still under way: all answers are one step
   * behind the broadcaster's, and so keep its order.
   */
  readonly result: Promise<PublishResult>;
}

/**
 * Publishes what a client sends again only once, for a broadcaster that keeps no log which would know it: on this pod
 * alone, and while it has room to remember.
 *
 * Memory: about 600 bytes per key, 64 MiB together.
 */
export class OnceAPod {
  readonly #broadcaster: BroadcastPort;
  readonly #clock: Clock;
  readonly #sent: Generations<Sent>;

  constructor(broadcaster: BroadcastPort, clock: Clock, bytesMax: number = BYTES_MAX) {
    this.#broadcaster = broadcaster;
    this.#clock = clock;
    this.#sent = new Generations(WINDOW_MS, clock.ticks(), bytesMax, ({ length }) => KEY_BYTES + UNIT_BYTES * length);
  }

  /** {@link BroadcastPort.publish}, which a repetition does not reach. */
  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    const { once } = publication;
    if (!once) return this.#broadcaster.publish(channel, publication);
    const key = `${channel}\n${once.key}`;
    const content = fingerprint(once.content);
    const at = this.#clock.ticks();
    const first = this.#find(key, at);
    if (first) return first.result.then((result) => repeated(result, first.content === content));
    const sent: Sent = { content, at, result: Promise.resolve(this.#broadcaster.publish(channel, publication)) };
    this.#sent.set(key, sent, at);
    return sent.result.then((result) => {
      // What was not published may be sent again.
      if (result.status !== 'published') this.#sent.forget(key, sent);
      return result;
    });
  }

  #find(key: string, ticks: number): Sent | undefined {
    const sent = this.#sent.get(key);
    return sent && ticks - sent.at < WINDOW_MS ? sent : undefined;
  }
}

/** Other content than what was published is a conflict; what was not published stands in nobody's way. */
function repeated(first: PublishResult, isSame: boolean): PublishResult {
  return isSame || first.status !== 'published' ? first : { status: 'conflict' };
}
