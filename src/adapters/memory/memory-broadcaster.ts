import type {
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
import type { Frame } from '../../ports/frame.js';
import type { Clock } from '../../ports/system.js';
import { assemble, type ChannelLog, type Retention } from './channel-log.js';
import { ChannelLogs } from './channel-logs.js';

/** Settings of a {@link MemoryBroadcaster}. */
export interface MemoryBroadcasterOptions {
  /**
   * Messages kept for each channel. 0: no log at all, plain publish and subscribe.
   *
   * @default 100
   */
  readonly historySize?: number;
  /**
   * Bytes of messages kept for each channel; the newest message always stays.
   *
   * @default 1048576
   */
  readonly historyBytes?: number;
  /**
   * How long messages are kept, in seconds from the channel's last one.
   *
   * @default 86400
   */
  readonly historyTtlSeconds?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** One channel that is listened to. Its identity tells it from a later subscription of the same channel. */
interface Subscription {
  /** The offset told last. */
  told: number;
}

interface Telling {
  readonly channel: Channel;
  readonly subscription: Subscription;
  readonly offset: number;
  readonly frame: Frame;
}

const SWEEP_MS = 10_000;
const SWEEP_CHANNELS = 10_000;

const CLOSED: Unavailable = { status: 'unavailable' };

/**
 * The broadcaster of a pod that works alone: no broker, everything in this process's memory, lost when it ends.
 *
 * It tells its receiver within `publish`. A message that the receiver publishes while it is being told is stored at
 * once and told after that, before the outermost `publish` returns: a receiver is never called within itself.
 *
 * Memory: for each channel its history, for ten minutes about 300 bytes for each message with a key, and a position
 * that lives seven days longer than the messages.
 */
export class MemoryBroadcaster implements BroadcastPort {
  readonly traits: { readonly sequenced: boolean };
  readonly #clock: Clock;
  readonly #logs: ChannelLogs;
  readonly #subscriptions = new Map<Channel, Subscription>();
  readonly #telling: Telling[] = [];
  #isTelling = false;
  #receiver: BroadcastReceiver | undefined;
  #health: BroadcastHealth = { ready: false, reason: 'not started' };
  #sweeper: ReturnType<typeof setTimeout> | undefined;

  /** @throws RangeError for a setting that can't work */
  constructor(options: MemoryBroadcasterOptions = {}) {
    const retention = checked(options);
    this.traits = { sequenced: retention.historySize > 0 };
    this.#clock = options.clock ?? { now: () => Date.now(), ticks: () => performance.now() };
    this.#logs = new ChannelLogs(retention);
  }

  get health(): BroadcastHealth {
    return this.#health;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    if (this.#health.ready || this.#health.reason !== 'not started') {
      throw new Error('MemoryBroadcaster: start may be called once, and not after close');
    }
    this.#receiver = receiver;
    this.#health = { ready: true };
  }

  async publish(channel: Channel, publication: Publication): Promise<PublishResult> {
    if (!this.#health.ready) return CLOSED;
    if (!this.traits.sequenced) return this.#pass(channel, publication);
    const log = this.#open(channel);
    const { result, frame } = log.append(publication, this.#clock.ticks());
    if (frame !== undefined) this.#tell(channel, log.position.offset, frame);
    return result;
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    if (!this.#health.ready) return CLOSED;
    const log = this.traits.sequenced ? this.#open(channel) : undefined;
    let subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) {
      subscription = { told: log?.position.offset ?? 0 };
      this.#subscriptions.set(channel, subscription);
    }
    if (log === undefined) return { status: 'subscribed' };
    return { status: 'subscribed', position: { epoch: log.position.epoch, offset: subscription.told } };
  }

  unsubscribe(channel: Channel): void {
    if (this.#subscriptions.delete(channel)) this.#logs.left(channel, this.#clock.ticks());
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    if (!this.#health.ready || !this.traits.sequenced) return CLOSED;
    const ticks = this.#clock.ticks();
    return this.#logs.peek(channel, ticks).read(query, ticks);
  }

  async close(): Promise<void> {
    this.#health = { ready: false, reason: 'closed' };
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
    this.#receiver = undefined;
    this.#subscriptions.clear();
    this.#telling.length = 0;
    this.#logs.clear();
  }

  /** Without a log a message is only told, and local connections are all there are. */
  #pass(channel: Channel, publication: Publication): PublishResult {
    const { id, ts } = publication;
    if (this.#subscriptions.has(channel)) this.#tell(channel, 0, assemble(publication, 0));
    return { status: 'published', receipt: { id, ts } };
  }

  #tell(channel: Channel, offset: number, frame: Frame): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    this.#telling.push({ channel, subscription, offset, frame });
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#telling.shift(); next !== undefined; next = this.#telling.shift()) this.#tellOne(next);
    } finally {
      this.#isTelling = false;
    }
  }

  #tellOne({ channel, subscription, offset, frame }: Telling): void {
    // It may have been unsubscribed, and even subscribed anew at a later position, while the message waited.
    if (this.#subscriptions.get(channel) !== subscription) return;
    subscription.told = offset;
    this.#receiver?.published(channel, offset, [frame]);
  }

  #open(channel: Channel): ChannelLog {
    this.#sweepLater();
    return this.#logs.open(channel, this.#clock.ticks());
  }

  /** One timer for all channels, which runs only while there are any and keeps no process alive. */
  #sweepLater(): void {
    this.#sweeper ??= setTimeout(() => {
      this.#sweeper = undefined;
      this.#logs.sweep(this.#clock.ticks(), (channel) => this.#subscriptions.has(channel), SWEEP_CHANNELS);
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

function checked(options: MemoryBroadcasterOptions): Retention {
  const { historySize = 100, historyBytes = 1_048_576, historyTtlSeconds = 86_400 } = options;
  if (!Number.isSafeInteger(historySize) || historySize < 0) {
    throw new RangeError(`memoryBroadcaster: historySize must be a whole number, 0 or more; got ${historySize}`);
  }
  if (!(historyBytes > 0)) throw new RangeError(`memoryBroadcaster: historyBytes must be above 0; got ${historyBytes}`);
  if (!(historyTtlSeconds > 0)) {
    throw new RangeError(`memoryBroadcaster: historyTtlSeconds must be above 0; got ${historyTtlSeconds}`);
  }
  return { historySize, historyBytes, historyTtlMs: historyTtlSeconds * 1000 };
}
