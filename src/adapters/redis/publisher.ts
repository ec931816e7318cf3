import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import { asList, asText, isRefusal, isUnknownScript } from './connection.js';
import type { Keys } from './keys.js';
import type { Arrival } from './feed.js';
import { argumentsOf, groupByRoom, outcomeOf, weight, type Outgoing, type RoomBatch } from './publish-call.js';
import { freshEpoch, headTtl, type Retention } from './room-store.js';
import type { Run } from './run.js';
import { PUBLISH } from './scripts.js';

/** What one script call carries. */
const CALL_MESSAGES = 512;
const CALL_CHARACTERS = 1024 * 1024;
/** What may wait for Redis; above this, publications are refused at once. */
const QUEUE_MESSAGES = 20_000;
const QUEUE_CHARACTERS = 32 * 1024 * 1024;

const UNAVAILABLE: PublishResult = { status: 'unavailable' };
const UNKNOWN: PublishResult = { status: 'unavailable', maybe: true };

export interface PublisherOptions {
  /** The run to publish to; `undefined` while there is none. */
  readonly run: () => Run | undefined;
  /** How long it makes sense to wait for Redis: {@link Link.deadline}. */
  readonly deadline: (now: number) => number;
  /** Changes whenever the link was down. */
  readonly link: () => number;
  /** Redis does not know the script any more. */
  readonly onDoubt: () => void;
  readonly keys: Keys;
  readonly pod: string;
  readonly retention: Retention;
  /** Told of each room's messages that the log took. */
  readonly onStored: (channel: Channel, arrival: Arrival) => void;
}

/** What one script call carries, however often it is sent. */
interface Call {
  readonly id: string;
  readonly messages: readonly Outgoing[];
  readonly rooms: readonly RoomBatch[];
  /** What the link was when it was sent first. */
  readonly link: number;
}

/**
 * Sends what is published in one turn of the event loop, or while a call is under way, in one script call. There is
 * never more than one call under way: a second one could pass the first when that has to be sent again.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #queue: Outgoing[] = [];
  #bytes = 0;
  /** The call under way, or to be sent again. */
  #call: Call | undefined;
  #flying = false;
  #calls = 0;
  /** The number of calls, of all pods, when this one was last answered: a log that has seen fewer has lost some. */
  calls = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    const now = performance.now();
    const deadline = this.#options.deadline(now);
    if (this.#closed || deadline <= now || this.#queue.length >= QUEUE_MESSAGES || this.#bytes >= QUEUE_CHARACTERS) {
      return UNAVAILABLE;
    }
    return new Promise((resolve) => {
      this.#bytes += weight(publication);
      this.#queue.push({ channel, publication, resolve, deadline });
      this.#timer ??= setTimeout(() => this.#expire(), deadline - now);
      this.wake();
    });
  }

  /** Sends what waits, on a later turn. Called again when Redis is back. */
  wake(): void {
    if (this.#scheduled || this.#flying || (!this.#call && this.#queue.length === 0)) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#send();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { resolve } of this.#call?.messages ?? []) resolve(UNKNOWN);
    for (const { resolve } of this.#queue) resolve(UNAVAILABLE);
    this.#queue = [];
  }

  async #send(): Promise<void> {
    const run = this.#options.run();
    if (this.#closed || this.#flying || !run?.verdict) return;
    const call = (this.#call ??= this.#nextCall());
    if (!call) return;
    this.#flying = true;
    try {
      const [calls, ...replies] = asList(await this.#fly(run, call));
      if (Number(asText(calls)) > 0) this.calls = Number(asText(calls));
      for (const [index, room] of call.rooms.entries()) this.#settle(call, room, replies[index]);
    } catch (error) {
      if (isUnknownScript(error)) return this.#repeat();
      const result = isRefusal(error) ? this.#refused(call) : UNKNOWN;
      for (const { resolve } of call.messages) resolve(result);
    }
    this.#flying = false;
    this.#call = undefined;
    this.wake();
  }

  /**
   * Redis is another run by now. Whether the one before carried the call out, only the log can tell: so the same call is
   * sent again, under its own id, when it is clear what Redis is now.
   */
  #repeat(): void {
    this.#flying = false;
    this.#options.onDoubt();
  }

  /** A refusal is only about the last time that the call was sent, which may not have been the first. */
  #refused({ link }: Call): PublishResult {
    return link === this.#options.link() ? UNAVAILABLE : UNKNOWN;
  }

  #nextCall(): Call | undefined {
    const messages = this.#take();
    if (messages.length === 0) return undefined;
    return { id: `${++this.#calls}/`, messages, rooms: groupByRoom(messages), link: this.#options.link() };
  }

  #take(): Outgoing[] {
    let bytes = 0;
    let count = 0;
    for (const { publication } of this.#queue) {
      if (count === CALL_MESSAGES || bytes >= CALL_CHARACTERS) break;
      bytes += weight(publication);
      count++;
    }
    this.#bytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #fly(run: Run, { id, rooms }: Call): Promise<unknown> {
    const { keys, pod, retention } = this.#options;
    const names = rooms.flatMap(({ channel }) => [keys.head(channel), keys.log(channel), ...keys.once(channel)]);
    const { historySize, historyTtl } = retention;
    const shared = [id, pod, freshEpoch(), historySize, historyTtl, headTtl(retention), run.verdict ?? ''];
    const args = rooms.flatMap((room) => argumentsOf(room, keys.channel(room.channel)));
    return run.scripts.call(PUBLISH, [keys.call(pod), keys.calls, ...names], [...shared, rooms.length, ...args]);
  }

  #settle(call: Call, room: RoomBatch, reply: unknown): void {
    const { results, stored } = outcomeOf(room, reply);
    if (stored) this.#options.onStored(room.channel, stored);
    for (const [index, { resolve }] of room.messages.entries()) {
      const result = results[index] ?? UNAVAILABLE;
      resolve(result.status === 'unavailable' ? this.#refused(call) : result);
    }
  }

  /** By one timer, for whoever comes first. Answers twice are no harm, the first one counts. */
  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    const sent = this.#call?.messages ?? [];
    for (const { deadline, resolve } of sent) if (deadline <= now) resolve(UNKNOWN);
    const fresh = this.#queue.findIndex(({ deadline }) => deadline > now);
    const expired = this.#queue.splice(0, fresh < 0 ? this.#queue.length : fresh);
    for (const { publication, resolve } of expired) {
      this.#bytes -= weight(publication);
      resolve(UNAVAILABLE);
    }
    const next = sent.find(({ deadline }) => deadline > now) ?? this.#queue[0];
    if (next) this.#timer = setTimeout(() => this.#expire(), Math.max(1, next.deadline - now));
  }
}
