import type { Channel, Position, Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { BaseEpoch } from './base-epoch.js';
import { asList, asText, isUnknownScript } from './connection.js';
import type { Keys } from './keys.js';
import type { Arrival, Place } from './payload.js';
import type { Link } from './link.js';
import { Load } from './load.js';
import { outcomeOf, UNKNOWN } from './outcome.js';
import type { Part } from './part.js';
import { freshEpoch, headTtl, type Retention } from './channel-store.js';
import type { Run } from './run.js';
import { PUBLISH } from './log-scripts.js';

/** What may wait for Redis; above this, publications are refused at once. */
const QUEUE_MESSAGES = 20_000;
const QUEUE_BYTES = 32 * 1024 * 1024;

const UNAVAILABLE: PublishResult = { status: 'unavailable' };

export interface PublisherOptions {
  readonly link: Link;
  readonly keys: Keys;
  readonly pod: string;
  readonly retention: Retention;
  readonly base: BaseEpoch;
  /** Where a channel stands, as far as this pod has heard. */
  readonly positionOf: (channel: Channel) => Position | undefined;
  /** Told of each channel's messages that the log took. */
  readonly onStored: (channel: Channel, arrival: Arrival) => void;
}

/** One script call, however often it is sent. */
interface Call {
  readonly id: string;
  readonly load: Load;
  /** That of the link when it was sent first. */
  readonly generation: number;
}

/**
 * Sends what is published in one turn of the event loop, or while a call is under way, in one script call. There is
 * never more than one call under way: a second one could pass the first when that has to be sent again.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #loads: Load[] = [];
  /** What waits in the loads. */
  #messages = 0;
  #bytes = 0;
  /** The call under way, or to be sent again. */
  #call: Call | undefined;
  #flying = false;
  /** The number of this pod's last call. */
  #number = 0;
  #callsSeen = 0;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    const now = performance.now();
    const deadline = this.#options.link.deadline(now);
    if (this.#closed || deadline <= now || this.#messages >= QUEUE_MESSAGES || this.#bytes >= QUEUE_BYTES) {
      return UNAVAILABLE;
    }
    return new Promise((resolve) => {
      const load = this.#loadUntil(deadline);
      const before = load.bytes;
      load.add(channel, publication, resolve);
      this.#messages++;
      this.#bytes += load.bytes - before;
      this.#timer ??= setTimeout(() => this.#expire(), deadline - now);
      this.wake();
    });
  }

  /** The number of calls, of all pods, when this one last learned it: a log that has seen fewer has lost some. */
  get callsSeen(): number {
    return this.#callsSeen;
  }

  /** Takes the number of calls from a look at Redis: other pods may have published what this one has not heard. */
  seeCalls(calls: number): void {
    if (calls > 0) this.#callsSeen = calls;
  }

  /** Begins to count anew, at the next answer. */
  forgetCalls(): void {
    this.#callsSeen = 0;
  }

  /** Sends what waits, on a later turn. Called again when Redis is back. */
  wake(): void {
    if (this.#scheduled || this.#flying || (!this.#call && this.#loads.length === 0)) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#send();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#call?.load.answer(UNKNOWN);
    for (const load of this.#loads.splice(0)) load.answer(UNAVAILABLE);
  }

  async #send(): Promise<void> {
    const run = this.#options.link.run;
    if (this.#closed || this.#flying || !run?.verdict) return;
    const call = (this.#call ??= this.#nextCall());
    if (!call) return;
    this.#flying = true;
    try {
      const [calls, ...replies] = asList(await this.#fly(run, call));
      this.seeCalls(Number(asText(calls)));
      for (const [index, part] of call.load.parts.entries()) this.#settle(call, part, replies[index]);
    } catch (error) {
      if (isUnknownScript(error)) return this.#repeat();
      this.#options.link.refused(error);
      // A script that fails in the middle leaves what it has done.
      call.load.answer(UNKNOWN);
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
    this.#options.link.check();
  }

  /** That a message was refused is only about the last time that the call was sent, which may not have been the first. */
  #refused({ generation }: Call): PublishResult {
    return generation === this.#options.link.generation ? UNAVAILABLE : UNKNOWN;
  }

  /** The load that fills up. Whoever comes later may have to be answered a little sooner than it must. */
  #loadUntil(deadline: number): Load {
    const last = this.#loads.at(-1);
    if (last?.isFull === false) return last;
    const { retention, positionOf } = this.#options;
    const load = new Load(deadline, retention.historyBytes, (channel) => (positionOf(channel)?.offset ?? 0) + 1);
    this.#loads.push(load);
    return load;
  }

  #take(): Load | undefined {
    const load = this.#loads.shift();
    this.#messages -= load?.messages ?? 0;
    this.#bytes -= load?.bytes ?? 0;
    return load;
  }

  #nextCall(): Call | undefined {
    const load = this.#take();
    return load && { id: `${++this.#number}/`, load, generation: this.#options.link.generation };
  }

  #fly(run: Run, { id, load: { parts } }: Call): Promise<unknown> {
    const { keys, pod, retention, base } = this.#options;
    const names = parts.flatMap(({ channel }) => [keys.head(channel), keys.log(channel), ...keys.once(channel)]);
    const { historySize, historyBytes, historyTtl } = retention;
    const kept = [historySize, historyBytes, historyTtl, headTtl(retention)];
    const begun = parts.map(({ channel }) => (this.#isBegun(channel) ? '1' : '0')).join('');
    const shared = [id, pod, freshEpoch(), ...kept, run.verdict ?? '', base.current, begun];
    const args = this.#arguments(parts, { seal: run.seal, origin: pod, epoch: base.current, first: 1 });
    return run.scripts.call(PUBLISH, [keys.call(pod), keys.calls, ...names], [...shared, ...args]);
  }

  /** Whether the log has a head, as far as this pod has heard. */
  #isBegun(channel: Channel): boolean {
    const { base, positionOf } = this.#options;
    const position = positionOf(channel);
    return position !== undefined && !base.isBlank(position);
  }

  /** The arguments of parts, for places in the log that are right as long as no other pod speaks in the channel. */
  #arguments(parts: readonly Part[], beginning: Place): (string | Buffer)[] {
    const { keys, positionOf } = this.#options;
    const next = new Map<Channel, Place>();
    return parts.flatMap((part) => {
      const { channel, waiting } = part;
      const position = positionOf(channel);
      const known = position && { ...beginning, epoch: position.epoch, first: position.offset + 1 };
      const place = next.get(channel) ?? known ?? beginning;
      next.set(channel, { ...place, first: place.first + waiting.length });
      return part.arguments(keys.channel(channel), place);
    });
  }

  #settle(call: Call, part: Part, reply: unknown): void {
    const { results, stored, refusal } = outcomeOf(part, reply);
    if (refusal !== undefined) this.#options.link.refused(refusal);
    if (stored) this.#options.onStored(part.channel, stored);
    for (const [index, { resolve }] of part.waiting.entries()) {
      const result = results[index] ?? UNAVAILABLE;
      resolve(result.status === 'unavailable' && !result.maybe ? this.#refused(call) : result);
    }
  }

  /** By one timer, for whoever comes first. Answers twice are no harm, the first one counts. */
  #expire(): void {
    const now = performance.now();
    const sent = this.#call?.load;
    if (sent && sent.deadline <= now) sent.answer(UNKNOWN);
    for (let [load] = this.#loads; load && load.deadline <= now; [load] = this.#loads)
      this.#take()?.answer(UNAVAILABLE);
    const next = sent && sent.deadline > now ? sent : this.#loads[0];
    this.#timer = next && setTimeout(() => this.#expire(), Math.max(1, next.deadline - now));
  }
}
