import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from 'jose';
import type { Clock, Logger } from '../../ports/system.js';
import { BadKeySet, fetchKeySet } from './fetch-key-set.js';

/** Older keys are fetched anew, while the old ones are still used. */
const REFRESH_MS = 600_000;
/** Still older keys are not used before the server was asked, unless it is known to be away. */
const STALE_MS = 2 * REFRESH_MS;
/** How long keys live without their server: what it has taken back can't be used for longer. */
const MAX_AGE_MS = 86_400_000;
/** Between two fetches because of keys that nobody has heard of, and between two tries of a server that is away. */
const COOL_DOWN_MS = 30_000;
/** Between two tries while there are no keys at all, and nobody can come in. */
const RETRY_MS = 5000;

/** Whether a token is good can't be said, as the key server does not answer. */
export class KeysAway extends Error {
  override readonly name = 'KeysAway';
  /** Seconds until the server is asked again. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super('the key server is away');
    this.retryAfter = retryAfter;
  }
}

interface KeyServerOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For one answer, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * The public keys of a key server, cached. It has no timer of its own: everything happens when a token comes.
 *
 * jose's remote set does less: it asks before each token once its keys are old, so that none is taken while the server
 * is away, and its cool-down does not hold then.
 */
export class KeyServer {
  readonly #options: KeyServerOptions;
  #keys: { readonly find: LocalJWKSet; readonly fetchedAt: number } | undefined;
  /** The fetch under way, which all share. It never rejects. */
  #fetching: Promise<void> | undefined;
  /** When the last fetch failed; `undefined` after one that did not. */
  #failedAt: number | undefined;
  /** When a key was last fetched that nobody had heard of. */
  #searchedAt = -Infinity;

  constructor(options: KeyServerOptions) {
    this.#options = options;
  }

  /**
   * The one key that fits a token's header.
   *
   * @throws {@link KeysAway} where it might be at the server, which does not answer; an error of jose otherwise
   */
  async key(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    await this.#refresh();
    let key = await this.#find(header, token);
    while (!key && (await this.#search())) key = await this.#find(header, token);
    if (key) return key;
    throw this.#failedAt === undefined ? new errors.JWKSNoMatchingKey() : new KeysAway(this.#secondsToRetry());
  }

  /** Makes sure of keys that are as new as need be. */
  async #refresh(): Promise<void> {
    const age = this.#age();
    if (age <= REFRESH_MS) return;
    if (age > MAX_AGE_MS) this.#keys = undefined;
    const fetching = this.#fetching ?? (this.#mayAsk() ? this.#fetch() : undefined);
    if (!this.#keys || (age > STALE_MS && this.#failedAt === undefined)) await fetching;
  }

  /** Asks for a key that is not there, if that may be; `false` where there is nothing new. */
  async #search(): Promise<boolean> {
    if (!this.#fetching) {
      const now = this.#now();
      if (now - this.#searchedAt < COOL_DOWN_MS || !this.#mayAsk()) return false;
      this.#searchedAt = now;
    }
    await (this.#fetching ?? this.#fetch());
    return true;
  }

  async #find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey | undefined> {
    try {
      return await this.#keys?.find(header, token);
    } catch (error) {
      // A key that can't be imported is as good as not there.
      return error instanceof errors.JWKSMultipleMatchingKeys ? onlyOne(error) : undefined;
    }
  }

  #fetch(): Promise<void> {
    const { url, timeoutMs = 5000 } = this.#options;
    this.#fetching = fetchKeySet(url, timeoutMs)
      .then((keys) => {
        this.#keys = { find: createLocalJWKSet({ keys }), fetchedAt: this.#now() };
        this.#came();
      })
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  #came(): void {
    if (this.#failedAt !== undefined) this.#options.logger.info('jwks is back');
    this.#failedAt = undefined;
  }

  #failed(error: unknown): void {
    if (this.#failedAt === undefined) this.#options.logger.warn('jwks is away', { cause: causeOf(error) });
    this.#failedAt = this.#now();
  }

  #mayAsk(): boolean {
    return this.#failedAt === undefined || this.#now() - this.#failedAt >= this.#pause();
  }

  #pause(): number {
    return this.#keys ? COOL_DOWN_MS : RETRY_MS;
  }

  #secondsToRetry(): number {
    const since = this.#now() - (this.#failedAt ?? 0);
    return Math.max(1, Math.ceil((this.#pause() - since) / 1000));
  }

  #age(): number {
    return this.#keys ? this.#now() - this.#keys.fetchedAt : Infinity;
  }

  /** Keys age by the clock that never jumps. */
  #now(): number {
    return this.#options.clock.ticks();
  }
}

/** Without a `kid` a token says nothing about its key unless there is but one that fits. */
async function onlyOne(error: errors.JWKSMultipleMatchingKeys): Promise<CryptoKey | undefined> {
  let only: CryptoKey | undefined;
  for await (const key of error) {
    if (only) throw error;
    only = key;
  }
  return only;
}

/** The code of a failure or its name: messages may hold the address. */
function causeOf(error: unknown): string {
  if (error instanceof BadKeySet) return error.message;
  const { cause, name }: { cause?: unknown; name?: unknown } = error instanceof Error ? error : {};
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return String(code ?? name);
}
