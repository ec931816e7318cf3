import type { Identity } from '../ports/auth-port.js';
import type { Clock } from '../ports/system.js';
import type { Problem } from './errors.js';
import { Generations } from './generations.js';
import type { HubOptions } from './hub-options.js';
import { TokenBucket } from './token-bucket.js';

const SECONDS_PER_HOUR = 3600;
/** A third of what an hour allows may come at once, and so is there again after as much of an hour. */
const BURST = 1 / 3;
/** Users, and addresses, whose allowances are remembered. */
const NAMES_MAX = 100_000;
/** A client is told to come back after this many milliseconds at most. */
const RETRY_MAX_MS = 60_000;

/** Who pays for what a publish adds to the bytes that are held. */
export interface Publisher {
  readonly user: { readonly id: string };
  readonly address: string;
  readonly proof: Identity;
}

/** What a publish adds to what is held, in bytes. */
export interface Growth {
  readonly stored: number;
  readonly receipts: number;
}

/**
 * Bounds the bytes that one user, and all guests of one address, can add to what is stored. Messages and the receipts
 * of client ids have an allowance each.
 */
export class GrowthLimits {
  readonly #clock: Clock;
  readonly #users: Payers;
  readonly #addresses: Payers;
  /** Whether nothing is limited. */
  readonly isOff: boolean;

  constructor(options: Pick<HubOptions, 'growthLimitUser' | 'growthLimitAddress'>, clock: Clock) {
    const { growthLimitUser, growthLimitAddress } = options;
    this.#clock = clock;
    this.#users = new Payers(growthLimitUser, clock.ticks());
    this.#addresses = new Payers(growthLimitAddress, clock.ticks());
    this.isOff = growthLimitUser === 0 && growthLimitAddress === 0;
  }

  /** Lets a publish add to what is held, or says why not. Then nothing is used. */
  charge(publisher: Publisher, growth: Growth): Problem | undefined {
    const { stored, receipts } = growth;
    const now = this.#clock.ticks();
    const ofUser = this.#users.get(publisher.user.id, now);
    const ofAddress = this.#ofAddress(publisher, now);
    const wait = Math.max(ofUser?.wait(growth, now) ?? 0, ofAddress?.wait(growth, now) ?? 0);
    if (wait > 0) {
      const retryAfterMs = Math.min(wait, RETRY_MAX_MS);
      const message = 'you have stored too much lately, try again later';
      return { code: 'rate_limited', message, retryAfterMs, reason: 'growth limit' };
    }
    ofUser?.take(stored, receipts);
    ofAddress?.take(stored, receipts);
    return undefined;
  }

  /** Gives back what a publish was charged that added nothing. */
  refund(publisher: Publisher, { stored, receipts }: Growth): void {
    const now = this.#clock.ticks();
    this.#users.get(publisher.user.id, now)?.take(-stored, -receipts);
    this.#ofAddress(publisher, now)?.take(-stored, -receipts);
  }

  /** A guest can be a new user at any time, so the address pays too. */
  #ofAddress({ address, proof }: Publisher, now: number): Payer | undefined {
    return proof.session === undefined ? undefined : this.#addresses.get(address, now);
  }
}

/** What one user, or one address, may still add. */
class Payer {
  readonly #stored: TokenBucket;
  readonly #receipts: TokenBucket;

  constructor(limit: number, now: number) {
    this.#stored = new TokenBucket(limit / SECONDS_PER_HOUR, limit * BURST, now);
    this.#receipts = new TokenBucket(limit / SECONDS_PER_HOUR, limit * BURST, now);
  }

  /** Milliseconds until there is enough; 0: there is. */
  wait({ stored, receipts }: Growth, now: number): number {
    return Math.max(this.#stored.wait(stored, now), this.#receipts.wait(receipts, now));
  }

  take(stored: number, receipts: number): void {
    this.#stored.take(stored);
    this.#receipts.take(receipts);
  }
}

/** Payers by name. One that is forgotten had its whole allowance again, or was one of too many. */
class Payers {
  readonly #limit: number;
  readonly #known: Generations<Payer>;

  /** @param limit bytes per hour, 0: no limit */
  constructor(limit: number, now: number) {
    this.#limit = limit;
    this.#known = new Generations(1000 * SECONDS_PER_HOUR * BURST, now, NAMES_MAX);
  }

  /** `undefined` if nothing is limited. */
  get(name: string, now: number): Payer | undefined {
    if (this.#limit === 0) return undefined;
    const known = this.#known.renew(name, now);
    if (known) return known;
    const payer = new Payer(this.#limit, now);
    this.#known.set(name, payer, now);
    return payer;
  }
}
