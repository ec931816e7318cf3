import type { Identity } from '../ports/auth-port.js';
import type { Clock } from '../ports/system.js';
import type { Allowance, Cost, Rates } from './allowance.js';
import { Allowances } from './allowances.js';
import type { Problem } from './errors.js';
import type { HubOptions } from './hub-options.js';

const SECONDS_PER_HOUR = 3600;
/** A third of what an hour allows may come at once. */
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
export type Growth = Pick<Cost, 'growth' | 'receipts'>;

/**
 * Bounds the bytes that one user, and all guests of one address, can add to what is stored. Messages and the receipts
 * of client ids have an allowance each.
 */
export class GrowthLimits {
  readonly #clock: Clock;
  readonly #users: Allowances;
  readonly #addresses: Allowances;
  /** Whether nothing is limited. */
  readonly isOff: boolean;

  constructor(options: Pick<HubOptions, 'growthLimitUser' | 'growthLimitAddress'>, clock: Clock) {
    const { growthLimitUser, growthLimitAddress } = options;
    this.#clock = clock;
    const now = clock.ticks();
    this.#users = new Allowances(ratesOf(growthLimitUser), now, NAMES_MAX);
    this.#addresses = new Allowances(ratesOf(growthLimitAddress), now, NAMES_MAX);
    this.isOff = growthLimitUser === 0 && growthLimitAddress === 0;
  }

  /** Lets a publish add to what is held, or says why not. Then nothing is used. */
  charge(publisher: Publisher, growth: Growth): Problem | undefined {
    const now = this.#clock.ticks();
    const ofUser = this.#users.of(publisher.user.id, now);
    const ofAddress = this.#ofAddress(publisher, now);
    const wait = Math.max(ofUser?.wait(growth, now) ?? 0, ofAddress?.wait(growth, now) ?? 0);
    if (wait > 0) {
      const retryAfterMs = Math.min(wait, RETRY_MAX_MS);
      const message = 'you have stored too much lately, try again later';
      return { code: 'rate_limited', message, retryAfterMs, reason: 'growth limit' };
    }
    ofUser?.take(growth);
    ofAddress?.take(growth);
    return undefined;
  }

  /** Gives back what a publish was charged that added nothing. */
  refund(publisher: Publisher, { growth = 0, receipts = 0 }: Growth): void {
    const now = this.#clock.ticks();
    const back = { growth: -growth, receipts: -receipts };
    this.#users.of(publisher.user.id, now)?.take(back);
    this.#ofAddress(publisher, now)?.take(back);
  }

  /** A guest can be a new user at any time, so the address pays too. */
  #ofAddress({ address, proof }: Publisher, now: number): Allowance | undefined {
    return proof.session === undefined ? undefined : this.#addresses.of(address, now);
  }
}

/** @param limit bytes per hour, 0: no limit */
function ratesOf(limit: number): Rates {
  if (limit === 0) return {};
  const rate = { perSecond: limit / SECONDS_PER_HOUR, burst: limit * BURST };
  return { growth: rate, receipts: rate };
}
