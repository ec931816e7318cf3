import type {
  AnnounceResult,
  BroadcastHealth,
  BroadcastPort,
  BroadcastReceiver,
  Channel,
  Publication,
  PublishResult,
  ReadQuery,
  ReadResult,
  SubscribeResult,
  Unavailable,
} from '../../ports/broadcast-port.js';
import type { Clock } from '../../ports/system.js';
import { messageText } from '../../domain/message-text.js';
import { systemClock } from '../node/clock.js';
import { tight } from '../node/tight.js';
import type { ChannelLog } from './channel-log.js';
import { ChannelLogs } from './channel-logs.js';
import { type MemoryBroadcasterOptions, logsOptionsOf } from './options.js';
import { Teller } from './teller.js';

const SWEEP_MS = 10_000;
const SWEEP_CHANNELS = 10_000;

const UNAVAILABLE: Unavailable = { status: 'unavailable' };

/**
 * The broadcaster of a pod that works alone: no broker, everything in this process's memory, lost when it ends.
 *
 * It tells its receiver within `publish`. A message that the receiver publishes while it is being told is stored at
 * once and told after that, before the outermost `publish` returns: a receiver is never called within itself.
 *
 * Memory: the messages of all channels within one total, about 300 bytes for each message with a key for ten minutes, and
 * a position per channel that lives seven days longer than the messages.
 */
export class MemoryBroadcaster implements BroadcastPort {
  readonly traits: BroadcastPort['traits'];
  readonly #clock: Clock;
  readonly #logs: ChannelLogs;
  #health: BroadcastHealth = { ready: false, reason: 'not started' };
  /** There from `start` to `close`: without it every method answers `unavailable`. */
  #teller: Teller | undefined;
  #sweeper: ReturnType<typeof setTimeout> | undefined;

  /** @throws RangeError for a setting that can't work */
  constructor(options: MemoryBroadcasterOptions = {}) {
    const settings = logsOptionsOf(options);
    const { historySize: messages, historyBytes: bytes } = settings;
    this.traits = messages > 0 ? { sequenced: true, retention: { messages, bytes } } : { sequenced: false };
    this.#clock = options.clock ?? systemClock;
    this.#logs = new ChannelLogs(settings, (channel) => this.#teller?.isSubscribed(channel) === true);
  }

  get health(): BroadcastHealth {
    return this.#health;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    if (this.#health.ready || this.#health.reason !== 'not started') {
      throw new Error('MemoryBroadcaster: start may be called once, and not after close');
    }
    this.#teller = new Teller(receiver);
    this.#health = { ready: true };
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    if (this.#teller === undefined) return UNAVAILABLE;
    if (!this.traits.sequenced) return pass(this.#teller, channel, publication);
    const log = this.#open(channel);
    const { result, frame } = log.append(publication, this.#clock.ticks());
    if (frame !== undefined) this.#teller.tell(channel, log.position.offset, frame);
    return result;
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    if (this.#teller === undefined) return UNAVAILABLE;
    if (!this.traits.sequenced) {
      this.#teller.subscribe(channel, 0);
      return { status: 'subscribed' };
    }
    const log = this.#open(channel);
    log.setSubscribed(true);
    const { epoch, offset: top } = log.position;
    return { status: 'subscribed', position: { epoch, offset: this.#teller.subscribe(channel, top) } };
  }

  unsubscribe(channel: Channel): void {
    if (this.#teller?.unsubscribe(channel) === true) this.#logs.left(channel, this.#clock.ticks());
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    if (this.#teller === undefined || !this.traits.sequenced) return UNAVAILABLE;
    const ticks = this.#clock.ticks();
    return this.#logs.peek(channel, ticks).read(query, ticks);
  }

  async announce(text: string): Promise<AnnounceResult> {
    if (this.#teller === undefined) return UNAVAILABLE;
    this.#teller.announce(text);
    return { status: 'announced' };
  }

  async close(): Promise<void> {
    this.#health = { ready: false, reason: 'closed' };
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
    this.#teller?.close();
    this.#teller = undefined;
    this.#logs.clear();
  }

  #open(channel: Channel): ChannelLog {
    this.#sweepLater();
    return this.#logs.open(channel, this.#clock.ticks());
  }

  /** One timer for all channels, which runs only while there are any and keeps no process alive. */
  #sweepLater(): void {
    this.#sweeper ??= setTimeout(() => {
      this.#sweeper = undefined;
      this.#logs.sweep(this.#clock.ticks(), SWEEP_CHANNELS);
      if (this.#logs.size > 0) this.#sweepLater();
    }, SWEEP_MS).unref();
  }
}

/**
 * Makes the broadcaster of a pod that works alone.
 *
 * @throws RangeError for a setting that can't work
 * @example
 * ```ts
 * const chat = createChat({ broadcaster: memoryBroadcaster({ historySize: 1000 }) });
 * ```
 */
export function memoryBroadcaster(options: MemoryBroadcasterOptions = {}): MemoryBroadcaster {
  return new MemoryBroadcaster(options);
}

/** Without a log a message is only told, and this pod's connections are all there are. */
function pass(teller: Teller, channel: Channel, publication: Publication): PublishResult {
  const { id, ts } = publication;
  if (teller.isSubscribed(channel)) teller.tell(channel, 0, tight(Buffer.from(messageText(publication, 0))));
  return { status: 'published', receipt: { id, ts } };
}
