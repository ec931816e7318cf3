import { randomBytes } from 'node:crypto';
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
} from '../../ports/broadcast-port.js';
import type { Logger } from '../../ports/system.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { decodePayload } from './payload.js';
import { PlainPublisher, plainFrame } from './plain-publisher.js';
import type { Outcome } from './publish-call.js';
import { ANSWER_MS, Publisher } from './publisher.js';
import { RoomStore } from './room-store.js';
import { Subscriber, type SubscribeMode } from './subscriber.js';
import { Subscriptions } from './subscriptions.js';

export interface RedisOptions {
  /** `redis://` or, with TLS, `rediss://`; user, password and database as usual. */
  readonly url: string;
  /**
   * What the names of all keys and channels begin with. Pods that are to hear each other share it.
   * @default 'realtime'
   */
  readonly prefix?: string;
  /**
   * `rooms` subscribes to the rooms that have members here; `pattern` to all at once, which costs every pod the traffic
   * of all rooms.
   * @default 'rooms'
   */
  readonly subscribe?: SubscribeMode;
  /**
   * Messages kept a room. 0: none, and rooms are plain publish and subscribe.
   * @default 100
   */
  readonly historySize?: number;
  /**
   * Seconds that a room's messages are kept after its last one.
   * @default 86400
   */
  readonly historyTtl?: number;
  /** @default silent */
  readonly logger?: Logger;
}

const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const NOBODY: BroadcastReceiver = { published() {}, lost() {}, reset() {}, foreign() {} };

/** Carries messages between pods over one Redis: logs in streams, pub/sub as their doorbell. */
export class RedisBroadcaster implements BroadcastPort {
  readonly traits: { readonly sequenced: boolean };
  /** Tells this pod's payloads from others'. */
  readonly #pod = randomBytes(12).toString('base64url');
  readonly #link: Link;
  readonly #store: RoomStore;
  readonly #publisher: Publisher;
  readonly #plain: PlainPublisher;
  readonly #subscriber: Subscriber;
  #receiver = NOBODY;
  #subscriptions: Subscriptions | undefined;
  #closed = false;

  constructor({ url, logger = QUIET, ...options }: RedisOptions) {
    const { prefix = 'realtime', subscribe: mode = 'rooms', historySize = 100, historyTtl = 86_400 } = options;
    this.traits = { sequenced: historySize > 0 };
    const keys = new Keys(prefix);
    const retention = { historySize, historyTtl };
    this.#link = new Link({
      url,
      name: `${prefix}-${this.#pod}`,
      logger,
      restore: () => this.#restore(),
    });
    const { commands: redis, listener } = this.#link;
    const pod = this.#pod;
    this.#store = new RoomStore(redis, keys, retention);
    const onStored = (channel: Channel, outcomes: readonly Outcome[]): void => this.#hearOwn(channel, outcomes);
    this.#publisher = new Publisher({ redis, keys, pod, retention, onStored });
    this.#plain = new PlainPublisher(redis, keys, pod);
    const onPayload = (channel: Channel, payload: Buffer): void => this.#hear(channel, payload);
    this.#subscriber = new Subscriber({ redis: listener, keys, mode, onPayload });
  }

  get health(): BroadcastHealth {
    return this.#link.health;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    this.#receiver = receiver;
    const { sequenced } = this.traits;
    const [link, subscriber, store] = [this.#link, this.#subscriber, this.#store];
    this.#subscriptions = new Subscriptions({ link, subscriber, store, receiver, sequenced });
    this.#link.start();
    await within(this.#link.up());
  }

  publish(channel: Channel, publication: Publication): Promise<PublishResult> {
    if (this.#closed) return Promise.resolve({ status: 'unavailable' });
    if (this.traits.sequenced) return this.#publisher.publish(channel, publication);
    const frame = plainFrame(publication);
    if (this.#subscriptions?.get(channel)?.active) this.#receiver.published(channel, 0, [frame]);
    this.#plain.publish(channel, frame);
    const { id, ts } = publication;
    return Promise.resolve({ status: 'published', receipt: { id, ts } });
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    const result = this.#closed ? undefined : await within(this.#subscriptions?.subscribe(channel));
    return result && !this.#closed ? result : { status: 'unavailable' };
  }

  unsubscribe(channel: Channel): void {
    this.#subscriptions?.unsubscribe(channel);
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    if (this.#closed) return { status: 'unavailable' };
    const page = await within(this.#store.read(channel, query).catch(() => undefined));
    return page ? { status: 'read', ...page } : { status: 'unavailable' };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#subscriptions?.close();
    this.#publisher.close();
    this.#link.close();
  }

  async #restore(): Promise<void> {
    this.#publisher.wake();
    await this.#subscriptions?.restore();
  }

  /** What no pod has sent is somebody else's: whether it is to be delivered is not for the broadcaster to say. */
  #hear(channel: Channel, bytes: Buffer): void {
    const payload = decodePayload(bytes);
    if (!payload) {
      if (this.#subscriptions?.get(channel)?.active) this.#receiver.foreign(channel, bytes);
      return;
    }
    if (!this.traits.sequenced && payload.origin === this.#pod) return;
    if (this.traits.sequenced === payload.first > 0) this.#subscriptions?.hear(channel, payload);
  }

  #hearOwn(channel: Channel, outcomes: readonly Outcome[]): void {
    const stored = outcomes.flatMap((outcome) => outcome.stored ?? []);
    const [start] = stored;
    if (!start) return;
    const frames = stored.map(({ frame }) => frame);
    this.#subscriptions?.get(channel)?.hearOwn({ epoch: start.epoch, first: start.offset, frames });
  }
}

/** A broadcaster over one Redis. It connects when the chat starts, and closes its connections with it. */
export function redisBroadcaster(options: RedisOptions): BroadcastPort {
  return new RedisBroadcaster(options);
}

/** Waits no longer than a caller may have to wait for an answer. */
async function within<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_MS);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
