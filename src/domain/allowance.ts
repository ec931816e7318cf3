import { TokenBucket } from './token-bucket.js';

/**
 * What is counted: frames and their bytes, messages to everybody, rooms that this pod had not open, looks at what is
 * stored, and upgrades.
 */
const KINDS = ['frames', 'bytes', 'global', 'rooms', 'reads', 'upgrades'] as const;
export type Kind = (typeof KINDS)[number];

/** How much of each kind something takes. */
export type Cost = { readonly [K in Kind]?: number };

/** So many a second, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A kind that is not named is free. */
export type Rates = { readonly [K in Kind]?: Rate | undefined };

/** What one connection, user or address may use. It takes no memory before something is used. */
export class Allowance {
  readonly #rates: Rates;
  #buckets: { [K in Kind]?: TokenBucket } | undefined;

  constructor(rates: Rates) {
    this.#rates = rates;
  }

  /** Milliseconds until there is enough of everything; 0: there is. */
  wait(cost: Cost, now: number): number {
    let most = 0;
    for (const kind of KINDS) {
      const tokens = cost[kind];
      if (tokens) most = Math.max(most, this.#bucket(kind, now)?.wait(tokens, now) ?? 0);
    }
    return most;
  }

  /** Uses what there is, by the last {@link wait}. */
  take(cost: Cost): void {
    for (const kind of KINDS) this.#buckets?.[kind]?.take(cost[kind] ?? 0);
  }

  /** Uses it whether it is there or not. */
  owe(cost: Cost, now: number): void {
    for (const kind of KINDS) {
      const tokens = cost[kind];
      if (tokens) this.#bucket(kind, now)?.owe(tokens, now);
    }
  }

  #bucket(kind: Kind, now: number): TokenBucket | undefined {
    const rate = this.#rates[kind];
    if (!rate) return undefined;
    this.#buckets ??= {};
    return (this.#buckets[kind] ??= new TokenBucket(rate.perSecond, rate.burst, now));
  }
}
