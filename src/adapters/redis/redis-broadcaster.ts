import { randomBytes } from 'node:crypto';
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
} from '../../ports/broadcast-port.js';
import { agree } from './agreement.js';
import type { Arrival } from './feed.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { settingsOf, type RedisBroadcasterOptions } from './options.js';
import { decodePayload } from './payload.js';
import { PlainPublisher, plainFrame } from './plain-publisher.js';
import { Publisher } from './publisher.js';
import { ANNOUNCED_MAX, Pulse, type Beat } from './pulse.js';
import { Repeats } from './repeats.js';
import { checkRights, RIGHTS } from './rights.js';
import { RoomStore } from './room-store.js';
import { Run, runIdOf } from './run.js';
import { PUBLISH, READ } from './log-scripts.js';
import { ANNOUNCE, PULSE, REGISTER } from './pod-scripts.js';
import { Subscriber } from './subscriber.js';
import { Subscriptions } from './subscriptions.js';

const NOBODY: BroadcastReceiver = { published() {}, lost() {}, reset() {}, foreign() {}, announced() {} };
const SCRIPTS = [RIGHTS, PUBLISH, READ, PULSE, REGISTER, ANNOUNCE];
/** For how many seconds after the last one announcements are kept. */
const ANNOUNCED_TTL = 86_400;

/** Carries messages between pods over one Redis: logs in streams, pub/sub as their doorbell. */
export class RedisBroadcaster implements BroadcastPort {
  readonly traits: { readonly sequenced: boolean };
  /** Tells this pod's payloads from others'. */
  readonly #pod = randomBytes(12).toString('base64url');
  readonly #keys: Keys;
  readonly #link: Link;
  readonly #store: RoomStore;
  readonly #publisher: Publisher;
  readonly #plain: PlainPublisher;
  readonly #repeats = new Repeats();
  readonly #subscriber: Subscriber;
  readonly #pulse: Pulse;
  #receiver = NOBODY;
  #subscriptions: Subscriptions | undefined;
  /** The run that this pod speaks to. */
  #run: Run | undefined;
  /** The run that it listens to: what is heard may be of a new one already. */
  #heard: Run | undefined;
  /** The run that the pods last agreed on, and who was alive in it. */
  #agreed: { readonly run: string; readonly alive: readonly string[] } | undefined;
  /** The others have agreed without this pod, and its rooms have not caught up with that yet. */
  #late = false;
  #closed = false;

  /** @throws RangeError for a setting that can't work */
  constructor(options: RedisBroadcasterOptions) {
    const { url, prefix, mode, retention, logger } = settingsOf(options);
    this.traits = { sequenced: retention.historySize > 0 };
    const pod = this.#pod;
    const keys = (this.#keys = new Keys(prefix));
    const link = (this.#link = new Link({ url, name: `${prefix}-${pod}`, logger, restore: () => this.#restore() }));
    const run = (): Run | undefined => (link.commands.status === 'ready' ? this.#run : undefined);
    const onDoubt = (): void => link.check();
    this.#store = new RoomStore(run, keys, retention);
    const onStored = (channel: Channel, arrival: Arrival): void => this.#subscriptions?.get(channel)?.hearOwn(arrival);
    const deadline = (now: number): number => link.deadline(now);
    const generation = (): number => link.generation;
    this.#publisher = new Publisher({ run, keys, pod, retention, onStored, onDoubt, deadline, generation });
    const seal = (): string | undefined => (link.commands.status === 'ready' ? this.#heard?.seal : undefined);
    this.#plain = new PlainPublisher(link.commands, seal, keys, pod);
    const onPayload = (channel: Channel, payload: Buffer): void => this.#hear(channel, payload);
    const onSign = (sign: string): void => this.#pulse.hear(sign);
    this.#subscriber = new Subscriber({ redis: link.listener, keys, mode, pod, onPayload, onSign });
    const channels = (): readonly Channel[] => (this.traits.sequenced ? (this.#subscriptions?.channels ?? []) : []);
    const onHead = (channel: Channel, epoch: string | undefined, offset: number): void =>
      this.#subscriptions?.get(channel)?.expect(epoch, offset);
    const onAnnounced = (text: string): void => this.#receiver.announced(text);
    this.#pulse = new Pulse({ listener: link.listener, keys, pod, run, channels, onHead, onAnnounced, onDoubt });
  }

  get health(): BroadcastHealth {
    return this.#link.health;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    if (this.#subscriptions || this.#closed) {
      throw new Error('RedisBroadcaster: start may be called once, and not after close');
    }
    this.#receiver = receiver;
    const { sequenced } = this.traits;
    const [link, subscriber, store] = [this.#link, this.#subscriber, this.#store];
    this.#subscriptions = new Subscriptions({ link, subscriber, store, receiver, sequenced });
    link.start();
    this.#pulse.start();
    await this.#within(link.healthy());
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    if (this.#closed) return { status: 'unavailable' };
    if (this.traits.sequenced) return this.#publisher.publish(channel, publication);
    const frame = plainFrame(publication);
    if (this.#subscriptions?.get(channel)?.active) this.#receiver.published(channel, 0, [frame]);
    this.#plain.publish(channel, frame);
    const { id, ts } = publication;
    return { status: 'published', receipt: { id, ts } };
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    const now = performance.now();
    // What can't be had is not even begun: each room that is begun waits for Redis to be back.
    const hopeless = this.#link.deadline(now) <= now && !this.#subscriptions?.get(channel);
    const result = this.#closed || hopeless ? undefined : await this.#within(this.#subscriptions?.subscribe(channel));
    return result && !this.#closed ? result : { status: 'unavailable' };
  }

  unsubscribe(channel: Channel): void {
    this.#subscriptions?.unsubscribe(channel);
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    if (this.#closed) return { status: 'unavailable' };
    const page = await this.#within(this.#store.read(channel, query).catch(() => undefined));
    return page ? { status: 'read', ...page } : { status: 'unavailable' };
  }

  async announce(text: string): Promise<AnnounceResult> {
    const scripts = this.#closed ? undefined : this.#run?.scripts;
    const stored = scripts?.call(ANNOUNCE, [this.#keys.announcements], [text, ANNOUNCED_MAX, ANNOUNCED_TTL]);
    const announced = await this.#within(stored?.then(() => true).catch(() => false));
    return announced ? { status: 'announced' } : { status: 'unavailable', maybe: stored !== undefined };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pulse.stop();
    this.#subscriptions?.close();
    this.#publisher.close();
    this.#link.close();
  }

  /** Brings this pod up to what Redis is now: the same run after a while without it, or another one. */
  async #restore(): Promise<void> {
    const subscriptions = this.#subscriptions;
    if (!subscriptions) return;
    const before = this.#run;
    if (before?.verdict) this.#agreed = { run: before.id, alive: this.#pulse.alive ?? [] };
    const run = await this.#findRun(before);
    this.#heard = run;
    this.#pulse.listenAnew();
    await subscriptions.listen();
    const state = await this.#pulse.beat(run);
    const isNew = run !== before;
    if (isNew || state === 'flushed') this.#late = (await this.#settle(run, subscriptions, state, isNew)) || this.#late;
    await subscriptions.catchUp(this.#late);
    this.#late = false;
    this.#publisher.wake();
  }

  /** Finds out, with the other pods, whether anything was lost on the way to this run; answers if that was without it. */
  async #settle(run: Run, subscriptions: Subscriptions, state: Beat, isNew: boolean): Promise<boolean> {
    this.#run = run;
    run.verdict = this.traits.sequenced ? undefined : 'kept';
    if (run.verdict) return false;
    subscriptions.suspend();
    await subscriptions.compare();
    const witnesses = state === 'empty' ? [] : await this.#witnesses();
    const isAnother = isNew && state === 'flushed';
    const { callsSeen: calls } = this.#publisher;
    const late = await agree({ run, keys: this.#keys, pod: this.#pod, witnesses, calls, isAnother });
    // What is missing is settled with that, and counting goes on from where the log is.
    if (run.verdict !== 'kept') this.#publisher.forgetCalls();
    return late;
  }

  /** The pods that know what was there before: those that this one knew of, and those that Redis still knows of. */
  async #witnesses(): Promise<readonly string[] | undefined> {
    if (!this.#agreed) return undefined;
    const { run, alive } = this.#agreed;
    return [...alive, ...(await this.#link.commands.zrange(this.#keys.pods(run), '0', '-1'))];
  }

  /** The run that Redis is in, its scripts loaded: the same object while it is the same and the pods have agreed. */
  async #findRun(before: Run | undefined): Promise<Run> {
    const { commands, questions } = this.#link;
    const id = await runIdOf(commands);
    const same = before?.verdict !== undefined && before.id === id;
    const run = same ? before : new Run(commands, id, questions);
    await run.scripts.load(SCRIPTS);
    if (!same) await checkRights(run, this.#keys, this.#pod, this.traits.sequenced);
    return run;
  }

  /** Waits no longer than a caller may have to wait for an answer. */
  #within<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
    const now = performance.now();
    return within(this.#link.deadline(now) - now, promise);
  }

  /** What no pod has sent in this run is somebody else's: whether it is delivered is not for the broadcaster to say. */
  #hear(channel: Channel, bytes: Buffer): void {
    const payload = decodePayload(bytes);
    if (!payload || payload.seal !== this.#heard?.seal) {
      if (this.#subscriptions?.get(channel)?.active) this.#receiver.foreign(channel, bytes);
      return;
    }
    if (!this.traits.sequenced && (payload.origin === this.#pod || this.#repeats.isRepeat(payload))) return;
    if (this.traits.sequenced === payload.first > 0) this.#subscriptions?.hear(channel, payload);
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
