import type { Identity } from '../ports/auth-port.js';
import type { Clock } from '../ports/system.js';
import { Generations } from './generations.js';

/** How long a revocation is remembered, in milliseconds: tokens should not live longer than that. */
const REMEMBER_MS = 86_400_000;
/** Users remembered. The latest half of them is never forgotten for want of room. */
const USERS_MAX = 200_000;
/** How far clocks may be apart, in milliseconds: those of two pods, and that of who issues tokens. */
const SKEW_MS = 5000;

/** Whose tokens count no more, as far as they were issued before a moment. */
export class Revocations {
  readonly #clock: Clock;
  /** By user, when: in milliseconds since 1970. */
  readonly #moments: Generations<number>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#moments = new Generations(REMEMBER_MS, clock.ticks(), USERS_MAX);
  }

  /** When somebody is sent away now: later than ever before, whatever the clocks of pods say. */
  next(userId: string): number {
    return Math.max(this.#clock.now(), this.#of(userId) + 1);
  }

  /**
   * Takes note, and answers whether it is news.
   *
   * @param at milliseconds since 1970; by a clock that is far ahead it counts as of now
   */
  add(userId: string, at: number): boolean {
    const moment = Math.min(at, this.#clock.now() + SKEW_MS);
    if (at <= this.#of(userId)) return false;
    this.#moments.set(userId, moment, this.#clock.ticks());
    return true;
  }

  /**
   * Whether a proof may be of the time before its user was sent away: rather one too many than one that slips through by
   * a clock that is ahead. Who has no proof, as a guest, may come back.
   */
  covers({ user, issuedAt }: Identity): boolean {
    return issuedAt !== undefined && issuedAt - SKEW_MS <= this.#of(user.id);
  }

  #of(userId: string): number {
    return this.#moments.get(userId) ?? -Infinity;
  }
}
