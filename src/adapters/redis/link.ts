import type { Redis } from 'ioredis';
import type { BroadcastHealth } from '../../ports/broadcast-port.js';
import type { Logger } from '../../ports/system.js';
import { connect } from './connection.js';

/** Milliseconds after which a step that failed on a standing connection is tried again. */
const RETRY_MS = 300;

/**
 * The pod's two connections to Redis: one for commands, one that listens. The link is up when both stand, and healthy
 * when all that was missed while it was down has been made up for.
 */
export class Link {
  readonly commands: Redis;
  readonly listener: Redis;
  readonly #logger: Logger;
  readonly #restore: () => Promise<void>;
  #waiting: (() => void)[] = [];
  #healthy = false;
  /** Counts how often the link came up: what was begun for an earlier one is void. */
  #generation = 0;
  #closed = false;

  /** @param restore makes up for what was missed; called each time the link comes up, again where it rejects */
  constructor(options: { url: string; name: string; logger: Logger; restore: () => Promise<void> }) {
    this.#logger = options.logger;
    this.#restore = options.restore;
    this.commands = connect(options.url, options.name);
    this.listener = connect(options.url, `${options.name}-sub`);
    for (const redis of [this.commands, this.listener]) {
      redis.on('error', (cause: Error) => this.#logger.debug('redis error', { cause: cause.message }));
      redis.on('ready', () => this.#check());
      redis.on('close', () => this.#down());
    }
  }

  get health(): BroadcastHealth {
    return this.#healthy ? { ready: true } : { ready: false, reason: 'no contact with redis' };
  }

  /** Connects, and goes on trying. Resolves at once. */
  start(): void {
    // What fails here is tried again by the client itself.
    for (const redis of [this.commands, this.listener]) redis.connect().catch(() => undefined);
  }

  /** Resolves when both connections stand, or the link is closed. */
  up(): Promise<void> {
    if (this.#isUp || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#generation++;
    this.#healthy = false;
    this.commands.disconnect();
    this.listener.disconnect();
    this.#release();
  }

  get #isUp(): boolean {
    return this.commands.status === 'ready' && this.listener.status === 'ready';
  }

  #check(): void {
    if (!this.#isUp || this.#closed) return;
    this.#release();
    void this.#recover(++this.#generation);
  }

  async #recover(generation: number): Promise<void> {
    try {
      await this.#restore();
      if (generation !== this.#generation) return;
      this.#healthy = true;
      this.#logger.info('redis connected');
    } catch (cause) {
      this.#logger.warn('redis: catching up failed, trying again', { cause });
      setTimeout(() => generation === this.#generation && void this.#recover(generation), RETRY_MS).unref();
    }
  }

  #down(): void {
    this.#generation++;
    if (this.#healthy) this.#logger.warn('redis connection lost');
    this.#healthy = false;
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
