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
} from '../ports/broadcast-port.js';
import { isAnnounceResult, isHealth, isPublishResult, isReadResult, isSubscribeResult } from './broadcast-results.js';
import type { HubPorts } from './services.js';
import { isThenable } from './thenable.js';

const UNAVAILABLE: Unavailable = { status: 'unavailable' };
/** Nobody knows how far a publish came that failed. */
const MAYBE: Unavailable = { status: 'unavailable', maybe: true };
const FAILED: BroadcastHealth = { ready: false, reason: 'the broadcaster cannot report its health' };
/** Failures of one method are logged at most once in this time, in milliseconds. */
const LOG_EVERY_MS = 1000;

type Check<Result> = (answer: unknown, sequenced: boolean) => answer is Result;

/**
 * A broadcaster that keeps the rules for errors of {@link BroadcastPort}, whatever the one behind it does: what throws, rejects or
 * answers in another shape is logged and counts as `unavailable`. Only `start` may reject.
 */
export class ContainedBroadcaster implements BroadcastPort {
  readonly traits: BroadcastPort['traits'];
  readonly #broadcaster: BroadcastPort;
  readonly #ports: Pick<HubPorts, 'clock' | 'logger'>;
  /** By method, when a failure was logged. */
  readonly #loggedAt = new Map<string, number>();

  /** @throws whatever reading `traits` throws */
  constructor(broadcaster: BroadcastPort, ports: Pick<HubPorts, 'clock' | 'logger'>) {
    const { sequenced, retention } = broadcaster.traits;
    this.traits = { sequenced, ...(retention && { retention: { ...retention } }) };
    this.#broadcaster = broadcaster;
    this.#ports = ports;
  }

  get health(): BroadcastHealth {
    try {
      const health: unknown = this.#broadcaster.health;
      if (isThenable(health)) health.then(undefined, () => {});
      else if (isHealth(health)) return health;
      this.#log('health', new TypeError('expected { ready: true }, or { ready: false, reason }'));
    } catch (cause) {
      this.#log('health', cause);
    }
    return FAILED;
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    await this.#broadcaster.start(receiver);
  }

  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult> {
    try {
      const answer: unknown = this.#broadcaster.publish(channel, publication);
      // This is the hot path: the usual answers come first, and none of them needs a closure.
      if (answer instanceof Promise) return answer.then(this.#published, this.#notPublished);
      if (isPublishResult(answer, this.traits.sequenced)) return answer;
      if (isThenable(answer)) return Promise.resolve(answer).then(this.#published, this.#notPublished);
      return this.#published(answer);
    } catch (cause) {
      return this.#notPublished(cause);
    }
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    return this.#ask('subscribe', () => this.#broadcaster.subscribe(channel), isSubscribeResult);
  }

  unsubscribe(channel: Channel): void {
    try {
      const answer: unknown = this.#broadcaster.unsubscribe(channel);
      if (isThenable(answer)) answer.then(undefined, (cause: unknown) => this.#log('unsubscribe', cause));
    } catch (cause) {
      this.#log('unsubscribe', cause);
    }
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    return this.#ask('read', () => this.#broadcaster.read(channel, query), isReadResult);
  }

  async announce(text: string): Promise<AnnounceResult> {
    return this.#ask('announce', () => this.#broadcaster.announce(text), isAnnounceResult);
  }

  async close(): Promise<void> {
    try {
      await this.#broadcaster.close();
    } catch (cause) {
      this.#log('close', cause);
    }
  }

  readonly #published = (answer: unknown): PublishResult => this.#checked('publish', answer, isPublishResult, MAYBE);

  readonly #notPublished = (cause: unknown): PublishResult => {
    this.#log('publish', cause);
    return MAYBE;
  };

  async #ask<Result>(method: string, ask: () => unknown, check: Check<Result>): Promise<Result | Unavailable> {
    try {
      return this.#checked(method, await ask(), check, UNAVAILABLE);
    } catch (cause) {
      this.#log(method, cause);
      return UNAVAILABLE;
    }
  }

  /** The answer, if it has the port's shape. Looking at it may run foreign code, which may throw. */
  #checked<Result>(
    method: string,
    answer: unknown,
    check: Check<Result>,
    otherwise: Unavailable,
  ): Result | Unavailable {
    try {
      if (check(answer, this.traits.sequenced)) return answer;
      this.#log(method, new TypeError(`${method}: expected a result of BroadcastPort, got another shape`));
    } catch (cause) {
      this.#log(method, cause);
    }
    return otherwise;
  }

  /** A broadcaster that fails all the time must not fill the log. */
  #log(method: string, cause: unknown): void {
    const now = this.#ports.clock.ticks();
    if (now - (this.#loggedAt.get(method) ?? -Infinity) < LOG_EVERY_MS) return;
    this.#loggedAt.set(method, now);
    this.#ports.logger.error('the broadcaster failed', { method, cause });
  }
}
