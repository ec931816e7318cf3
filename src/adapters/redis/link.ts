import type { Redis } from 'ioredis';
import type { BroadcastHealth } from '../../ports/broadcast-port.js';
import type { Logger } from '../../ports/system.js';
import { connect, isRefusal } from './connection.js';
import { meaningOf } from './errors.js';
import { Questions } from './questions.js';
import type { Run } from './run.js';

/** Milliseconds after which a step that failed on a standing connection is tried again. */
const RETRY_MS = 300;

/** That Redis refuses what it is asked for is said once in so many milliseconds. */
const REFUSED_EVERY_MS = 60_000;

/** How long anybody waits for an answer, in milliseconds, whatever Redis does. */
export const ANSWER_MS = 1800;

export interface LinkOptions {
  readonly url: string;
  readonly name: string;
  readonly logger: Logger;
}

/**
 * The pod's two connections to Redis: one for commands, one that listens. The link is up when both stand, and healthy
 * when all that was missed while it was down has been made up for.
 */
export class Link {
  readonly commands: Redis;
  readonly listener: Redis;
  /** What clients wait for that Redis has not answered yet. */
  readonly questions = new Questions();
  /** The run of Redis that is listened to. */
  listensTo: Run | undefined;
  /** The run that may be asked: that one, as soon as it is clear what was lost on the way to it. */
  speaksTo: Run | undefined;
  readonly #options: LinkOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #recovered: (() => void)[] = [];
  #healthy = false;
  /** What the log says of this outage already. */
  readonly #complaints = new Set<string>();
  #refusedAt = -Infinity;
  #since = performance.now();
  /** Counts what has put an end to a recovery under way. */
  #generation = 0;
  /** One recovery at a time: what comes up meanwhile has it begin again. */
  #recovering = false;
  #restore = async (): Promise<void> => {};
  /** The last connection of {@link aside}, which recoveries use one after the other. */
  #aside: Redis | undefined;
  /** What the last failure means, if anything is known. */
  #meaning: string | undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.commands = connect(options.url, options.name);
    this.listener = connect(options.url, `${options.name}-sub`);
    for (const redis of [this.commands, this.listener]) {
      redis.on('error', (cause: Error) => {
        if (!isUnsent(cause)) this.#complain('redis is away', cause, meaningOf(cause, redis));
      });
      redis.on('ready', () => this.check());
      redis.on('close', () => this.#down());
    }
  }

  /** {@link speaksTo}; `undefined` while there is no connection. */
  get run(): Run | undefined {
    return this.commands.status === 'ready' ? this.speaksTo : undefined;
  }

  /** What payloads are sealed with; `undefined` while there is no connection. */
  get seal(): string | undefined {
    return this.commands.status === 'ready' ? this.listensTo?.seal : undefined;
  }

  get health(): BroadcastHealth {
    if (this.#healthy) return { ready: true };
    const meaning = this.#meaning;
    return {
      ready: false,
      reason: meaning === undefined ? 'no contact with redis' : `redis cannot be used: ${meaning}`,
    };
  }

  /** Changes whenever the link was down or in doubt. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * How long it makes sense to wait for Redis, in milliseconds of the monotonic clock: until now where it has been away,
   * or has left a question without an answer, for as long as anybody waits. So requests that wait for each other are
   * refused together.
   */
  deadline(now: number): number {
    const since = this.#healthy ? this.questions.silentSince(now) : this.#since;
    return Math.max(now, since + ANSWER_MS);
  }

  /**
   * Connects, and goes on trying.
   *
   * @param restore makes up for what was missed; called each time the link comes up or is in doubt, again where it rejects
   */
  start(restore: () => Promise<void>): void {
    this.#restore = restore;
    this.#since = performance.now();
    // What fails here is tried again by the client itself.
    for (const redis of [this.commands, this.listener]) redis.connect().catch(() => undefined);
  }

  /**
   * Does something on a connection of its own, which never comes back: all that is said on it is said to one run of
   * Redis, and nothing of it is sent again.
   */
  async aside<T>(task: (redis: Redis) => Promise<T>): Promise<T> {
    // Redis was found ready on the others: to ask again would cost a turn.
    const redis = this.commands.duplicate({ retryStrategy: () => null, enableReadyCheck: false });
    let cause: Error | undefined;
    redis.on('error', (error: Error) => (cause = error));
    this.#aside = redis;
    try {
      await redis.connect();
      // Such as a refused SELECT, after which the client would go on in database 0.
      if (cause) throw cause;
      return await task(redis);
    } catch (error) {
      // What waits for an answer when the connection ends is told no more than that.
      throw (redis.status === 'end' && cause) || error;
    } finally {
      redis.disconnect();
    }
  }

  /** Resolves when both connections stand, or the link is closed. */
  up(): Promise<void> {
    if (this.#isUp || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when the link is healthy. */
  healthy(): Promise<void> {
    if (this.#healthy) return Promise.resolve();
    return new Promise((resolve) => this.#recovered.push(resolve));
  }

  /** Recovers, as after a connection that broke: something shows that Redis is not what it was. */
  check(): void {
    this.#down();
    if (!this.#isUp || this.#closed) return;
    this.#release();
    if (!this.#recovering) void this.#recover();
  }

  /** Says in the log why Redis refuses what it is asked for. What fails for another reason is told already. */
  refused(cause: unknown): void {
    const now = performance.now();
    if ((cause instanceof Error && !isRefusal(cause)) || now - this.#refusedAt < REFUSED_EVERY_MS) return;
    this.#refusedAt = now;
    this.#options.logger.warn('redis refuses what it is asked for', detailsOf(cause, meaningOf(cause)));
  }

  close(): void {
    this.#closed = true;
    this.#down();
    this.commands.disconnect();
    this.listener.disconnect();
    this.#aside?.disconnect();
    this.#release();
  }

  get #isUp(): boolean {
    return this.commands.status === 'ready' && this.listener.status === 'ready';
  }

  async #recover(): Promise<void> {
    const generation = this.#generation;
    this.#recovering = true;
    const failure = await this.#restore().then(
      () => undefined,
      (cause: unknown) => ({ cause }),
    );
    this.#recovering = false;
    if (this.#closed || !this.#isUp) return;
    if (generation !== this.#generation) return this.check();
    if (failure !== undefined) {
      const { cause } = failure;
      this.#complain('redis: catching up failed, trying again', cause, meaningOf(cause));
      setTimeout(() => generation === this.#generation && this.check(), RETRY_MS).unref();
      return;
    }
    this.#healthy = true;
    this.questions.forget();
    this.#complaints.clear();
    this.#meaning = undefined;
    for (const resolve of this.#recovered.splice(0)) resolve();
    this.#options.logger.info('redis connected');
  }

  #down(): void {
    this.#generation++;
    if (!this.#healthy) return;
    this.#healthy = false;
    this.#since = this.questions.silentSince(performance.now());
    this.#complain('redis is away', 'the connection was lost', undefined);
  }

  /** Logs each event with each meaning once per outage: Redis is tried several times a second. */
  #complain(event: string, cause: unknown, meaning: string | undefined): void {
    if (this.#closed) return;
    this.#meaning = meaning;
    const complaint = `${event}: ${meaning ?? ''}`;
    if (this.#complaints.has(complaint)) return;
    this.#complaints.add(complaint);
    this.#options.logger.warn(event, detailsOf(cause, meaning));
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function detailsOf(cause: unknown, hint: string | undefined): Readonly<Record<string, string>> {
  return { cause: wordsOf(cause), ...(hint !== undefined && hint !== wordsOf(cause) && { hint }) };
}

/** Whether the client only says that it is no longer connected: why, it said before. */
function isUnsent(cause: Error): boolean {
  return cause.message.startsWith("Stream isn't writeable");
}

/** Without what Redis repeats of a command that it does not know: that may be a password or a message. */
export function wordsOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/, with args beginning with:[^]*/, '');
}
