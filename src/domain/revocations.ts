import type { Identity } from '../ports/auth-port.js';
import type { Clock } from '../ports/system.js';
import { Generations } from './generations.js';

/** How long a revocation is remembered, in milliseconds: tokens should not live longer than that. */
const REMEMBER_MS = 86_400_000;
/**
 * Bytes of memory for the users that are remembered: 200,000 with short ids. The latest half of them is never forgotten for
 * want of room.
 */
const BYTES_MAX = 32 * 1024 * 1024;
/** What a user costs beside the id: measured. */
const USER_BYTES = 140;
/** What a UTF-16 unit of an id may take. */
const UNIT_BYTES = 2;
/** How far clocks may be apart, in milliseconds: those of two pods, and that of who issues tokens. */
const SKEW_MS = 5000;

/** Which tokens of a user {@link Revocations} are about. */
export interface DisconnectOptions {
  /**
   * Only tokens issued before this moment count no more, in milliseconds since 1970. The claim `iat` has whole seconds,
   * so seconds are compared: a token issued in the second of this moment stays valid, whether before or after it. Pass
   * the moment of the logout, and the user can log in again at once.
   *
   * @default now and 5 s more, because clocks differ
   */
  readonly issuedBefore?: number;
}

interface Revocation {
  /** When the user was sent away last, in milliseconds since 1970. */
  readonly at: number;
  /** Tokens issued earlier count no more, in milliseconds since 1970. */
  readonly before: number;
}

const NONE: Revocation = { at: -Infinity, before: -Infinity };

/** Whose tokens count no more, as far as they were issued before a moment. */
export class Revocations {
  readonly #clock: Clock;
  readonly #revocations: Generations<Revocation>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#revocations = new Generations(
      REMEMBER_MS,
      clock.ticks(),
      BYTES_MAX,
      ({ length }) => USER_BYTES + UNIT_BYTES * length,
    );
  }

  /** When somebody is sent away now: later than ever before, whatever the clocks of pods say. */
  next(userId: string): number {
    return Math.max(this.#clock.now(), this.#of(userId).at + 1);
  }

  /**
   * Takes note, and answers whether the user was sent away later than was known. What is known to be revoked stays
   * revoked, in whatever order the news comes.
   *
   * @param at milliseconds since 1970; by a clock that is far ahead it counts as of now
   */
  add(userId: string, at: number, issuedBefore?: number): boolean {
    const known = this.#of(userId);
    const moment = Math.min(at, this.#clock.now() + SKEW_MS);
    const before = Math.max(known.before, issuedBefore === undefined ? moment + SKEW_MS + 1 : secondOf(issuedBefore));
    const isLater = at > known.at;
    if (isLater || before > known.before) {
      this.#revocations.set(userId, { at: isLater ? moment : known.at, before }, this.#clock.ticks());
    }
    return isLater;
  }

  /**
   * Whether a proof counts no more. Without `issuedBefore` it covers rather one too many than one that slips through by a
   * clock that is ahead. A guest has no proof, and may come back.
   */
  covers({ user, issuedAt }: Identity): boolean {
    return issuedAt !== undefined && issuedAt < this.#of(user.id).before;
  }

  #of(userId: string): Revocation {
    return this.#revocations.get(userId) ?? NONE;
  }
}

/** The beginning of a moment's second. */
function secondOf(moment: number): number {
  return Math.floor(moment / 1000) * 1000;
}
