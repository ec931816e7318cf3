import { randomBytes } from 'node:crypto';
import type {
  AnnounceResult,
  BroadcastHealth,
  BroadcastPort,
  BroadcastReceiver,
  Channel,
  Position,
  Publication,
  PublishResult,
  ReadQuery,
  ReadResult,
  SubscribeResult,
} from '../../ports/broadcast-port.js';
import { BaseEpoch } from './base-epoch.js';
import { tight } from '../node/tight.js';
import { Heads } from './heads.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { settingsOf, type RedisBroadcasterOptions } from './options.js';
import { decodePayload, type Arrival } from './payload.js';
import { PlainPublisher, plainFrame } from './plain-publisher.js';
import { Publisher } from './publisher.js';
import { ANNOUNCED_MAX, Pulse } from './pulse.js';
import { Recovery } from './recovery.js';
import { Repeats } from './repeats.js';
import { ChannelStore, headTtl } from './channel-store.js';
import { ANNOUNCE } from './pod-scripts.js';
import { Subscriber } from './subscriber.js';
import { Subscriptions } from './subscriptions.js';
import { Sweeper } from './sweeper.js';

/** For how many seconds after the last one announcements are kept. */
const ANNOUNCED_TTL = 86_400;

/** Carries messages between pods over one Redis: logs in streams, pub/sub as their doorbell. */
export class RedisBroadcaster implements BroadcastPort {
  readonly traits: BroadcastPort['traits'];
  /** Tells this pod's payloads from others'. */
  readonly #pod = randomBytes(12).toString('base64url');
  readonly #keys: Keys;
  readonly #link: Link;
  readonly #store: ChannelStore;
  readonly #publisher: Publisher;
  readonly #plain: PlainPublisher;
  readonly #repeats = new Repeats();
  readonly #pulse: Pulse;
  readonly #subscriptions: Subscriptions;
  readonly #recovery: Recovery;
  /** Where there is a bound of bytes over all rooms. */
  readonly #sweeper: Sweeper | undefined;
  #started = false;
  #closed = false;

  /** @throws RangeError for a setting that can't work */
  constructor(options: RedisBroadcasterOptions) {
    const { url, prefix, mode, retention, total, logger } = settingsOf(options);
    const { historySize: messages, historyBytes: bytes } = retention;
    this.traits = messages > 0 ? { sequenced: true, retention: { messages, bytes } } : { sequenced: false };
    const pod = this.#pod;
    const keys = (this.#keys = new Keys(prefix));
    const link = (this.#link = new Link({ url, name: `${prefix}-${pod}`, logger }));
    const { sequenced } = this.traits;
    const base = new BaseEpoch();
    const positionOf = (channel: Channel): Position | undefined => this.#subscriptions.get(channel)?.position;
    const store = (this.#store = new ChannelStore({ link, keys, retention, base, positionOf }));
    const onPayload = (channel: Channel, payload: Buffer): void => this.#hear(channel, payload);
    const onSign = (sign: string): void => this.#pulse.hear(sign);
    const subscriber = new Subscriber({ redis: link.listener, keys, mode, pod, onPayload, onSign });
    const subscriptions = (this.#subscriptions = new Subscriptions({ link, subscriber, store, sequenced }));
    const onStored = (channel: Channel, arrival: Arrival): void => subscriptions.get(channel)?.hearOwn(arrival);
    const publisher = (this.#publisher = new Publisher({ link, keys, pod, retention, base, positionOf, onStored }));
    this.#plain = new PlainPublisher(link, keys, pod);
    const heads = new Heads({ keys, pod, subscriptions, base, ttl: headTtl(retention) });
    const onAnnounced = (text: string): void => subscriptions.receiver.announced(text);
    const onCalls = (calls: number): void => publisher.seeCalls(calls);
    const baseOfLogs = sequenced ? base : undefined;
    const pulse = (this.#pulse = new Pulse({ link, keys, pod, heads, base: baseOfLogs, onCalls, onAnnounced }));
    const sweeps = sequenced && total > 0;
    this.#sweeper = sweeps ? new Sweeper({ link, keys, pod, logger, total }) : undefined;
    this.#recovery = new Recovery({
      link,
      keys,
      pod,
      sequenced,
      sweeps,
      pulse,
      publisher,
      subscriptions,
      base,
      logger,
    });
  }

  get health(): BroadcastHealth {
    return this.#link.health;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    if (this.#started || this.#closed) {
      throw new Error('RedisBroadcaster: start may be called once, and not after close');
    }
    this.#started = true;
    this.#subscriptions.receiver = receiver;
    this.#link.start(() => this.#recovery.restore());
    this.#pulse.start();
    this.#sweeper?.start();
    await this.#within(this.#link.healthy());
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    if (this.#closed) return { status: 'unavailable' };
    if (this.traits.sequenced) return this.#publisher.publish(channel, publication);
    const frame = plainFrame(publication);
    if (this.#subscriptions.get(channel)?.active) this.#subscriptions.receiver.published(channel, 0, [tight(frame)]);
    this.#plain.publish(channel, frame);
    const { id, ts } = publication;
    return { status: 'published', receipt: { id, ts } };
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    // What can't be had is not even begun: each room that is begun waits for Redis to be back.
    const hopeless = this.#isSilent && !this.#subscriptions.get(channel);
    const result = this.#closed || hopeless ? undefined : await this.#within(this.#subscriptions.subscribe(channel));
    return result && !this.#closed ? result : { status: 'unavailable' };
  }

  unsubscribe(channel: Channel): void {
    this.#subscriptions.unsubscribe(channel);
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    // Nobody waits for the answer any more when it comes. Until then it would take memory, in Redis too.
    if (this.#closed || this.#isSilent) return { status: 'unavailable' };
    const page = await this.#within(this.#store.read(channel, query).catch((cause) => this.#link.refused(cause)));
    return page ? { status: 'read', ...page } : { status: 'unavailable' };
  }

  async announce(text: string): Promise<AnnounceResult> {
    const scripts = this.#closed ? undefined : this.#link.run?.scripts;
    const stored = scripts?.call(ANNOUNCE, [this.#keys.announcements], [text, ANNOUNCED_MAX, ANNOUNCED_TTL]);
    const announced = await this.#within(stored?.then(() => true).catch((cause) => this.#link.refused(cause)));
    return announced ? { status: 'announced' } : { status: 'unavailable', maybe: stored !== undefined };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pulse.stop();
    this.#sweeper?.stop();
    this.#subscriptions.close();
    this.#publisher.close();
    this.#link.close();
  }

  /** Whether Redis owes an answer for longer than a caller may have to wait for one. */
  get #isSilent(): boolean {
    const now = performance.now();
    return this.#link.deadline(now) <= now;
  }

  /** Waits no longer than a caller may have to wait for an answer. */
  #within<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
    const now = performance.now();
    return within(this.#link.deadline(now) - now, promise);
  }

  /** What no pod has sent in this run is somebody else's: whether it is delivered is not for the broadcaster to say. */
  #hear(channel: Channel, bytes: Buffer): void {
    const payload = decodePayload(bytes);
    if (!payload || payload.seal !== this.#link.listensTo?.seal) {
      if (this.#subscriptions.get(channel)?.active) this.#subscriptions.receiver.foreign(channel, bytes);
      return;
    }
    if (!this.traits.sequenced && (payload.origin === this.#pod || this.#repeats.isRepeat(payload))) return;
    if (this.traits.sequenced === payload.first > 0) this.#subscriptions.hear(channel, payload);
  }
}

/**
 * Makes a broadcaster over one Redis. It connects when the chat starts, and closes its connections with it. A Redis that is
 * away is waited for; what it refuses is told to the `logger`.
 *
 * @throws RangeError for a setting that can't work
 * @example
 * ```ts
 * const chat = createChat({ broadcaster: redisBroadcaster({ url: 'redis://localhost:6379' }) });
 * ```
 */
export function redisBroadcaster(options: RedisBroadcasterOptions): BroadcastPort {
  return new RedisBroadcaster(options);
}

async function within<T>(ms: number, promise: Promise<T> | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
