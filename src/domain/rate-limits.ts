import type { Clock } from '../ports/system.js';
import { Allowance, type Cost, type Kind, type Rate, type Rates } from './allowance.js';
import { Allowances } from './allowances.js';
import type { Problem } from './errors.js';
import type { HubOptions } from './hub-options.js';

/** A burst, in seconds of the rate, where the options name none. */
const BURST_S: { readonly [K in Kind]: number } = {
  frames: 2,
  bytes: 8,
  global: 4,
  rooms: 10,
  reads: 20,
  upgrades: 10,
};

const UPGRADE: Cost = { upgrades: 1 };

/** Who pays for what a connection does. */
export interface Payer {
  readonly allowance: Allowance;
  readonly user: { readonly id: string };
  readonly address: string;
}

/** What a connection may use by itself, and what all of a user and all of an address may use together. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #own: Rates;
  readonly #users: Allowances;
  readonly #addresses: Allowances;
  readonly #off: boolean;

  constructor(options: HubOptions, clock: Clock) {
    const { rateLimitUser, rateLimitAddress, upgradeRate } = options;
    this.#off = options.rateLimit === 0;
    this.#clock = clock;
    this.#own = ratesOf(options);
    const now = clock.ticks();
    this.#users = new Allowances(timesOf(this.#own, rateLimitUser), now);
    const ofAddress = timesOf(this.#own, rateLimitAddress);
    this.#addresses = new Allowances({ ...ofAddress, upgrades: rateOf('upgrades', upgradeRate) }, now);
  }

  /** The allowance of a new connection. */
  connection(): Allowance {
    return new Allowance(this.#own);
  }

  /** Lets somebody use something, or says why not; then nothing is used. */
  charge({ allowance, user, address }: Payer, cost: Cost): Problem | undefined {
    if (this.#off) return undefined;
    const now = this.#clock.ticks();
    const ofUser = this.#users.of(user.id, now);
    const ofAddress = this.#addresses.of(address, now);
    const others = Math.max(ofUser?.wait(cost, now) ?? 0, ofAddress?.wait(cost, now) ?? 0);
    const retryAfterMs = Math.max(allowance.wait(cost, now), others);
    if (retryAfterMs > 0) return { code: 'rate_limited', message: 'too much at once, slow down', retryAfterMs };
    allowance.take(cost);
    ofUser?.take(cost);
    ofAddress?.take(cost);
    return undefined;
  }

  /** Charges what somebody has used by now, of which nobody could know before how much it would be. */
  owe({ allowance, user, address }: Payer, cost: Cost): void {
    if (this.#off) return;
    const now = this.#clock.ticks();
    allowance.owe(cost, now);
    this.#users.owe(user.id, cost, now);
    this.#addresses.owe(address, cost, now);
  }

  /** Milliseconds after which this address may knock again; 0: it may now, and has. */
  knock(address: string): number {
    const now = this.#clock.ticks();
    const allowance = this.#off ? undefined : this.#addresses.of(address, now);
    const wait = allowance?.wait(UPGRADE, now) ?? 0;
    if (wait === 0) allowance?.take(UPGRADE);
    return wait;
  }
}

function ratesOf(options: HubOptions): Rates {
  const { rateLimit, rateBurst, rateLimitBytes, rateLimitGlobal, rateLimitRooms, rateLimitReads } = options;
  return {
    frames: rateOf('frames', rateLimit, rateBurst),
    bytes: rateOf('bytes', rateLimitBytes),
    global: rateOf('global', rateLimitGlobal),
    rooms: rateOf('rooms', rateLimitRooms),
    reads: rateOf('reads', rateLimitReads),
  };
}

/** So much a second, and so much at once; `undefined` where it is free. */
export function rateOf(kind: Kind, perSecond: number, burst = perSecond * BURST_S[kind]): Rate | undefined {
  return perSecond === 0 ? undefined : { perSecond, burst };
}

/** So many times the rates; 0 times is none at all. */
function timesOf({ frames, bytes, global, rooms, reads }: Rates, times: number): Rates {
  const multiply = (rate: Rate | undefined): Rate | undefined =>
    rate && times > 0 ? { perSecond: times * rate.perSecond, burst: times * rate.burst } : undefined;
  return {
    frames: multiply(frames),
    bytes: multiply(bytes),
    global: multiply(global),
    rooms: multiply(rooms),
    reads: multiply(reads),
  };
}
