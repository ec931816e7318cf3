import type { Identity } from '../ports/auth-port.js';
import type { Clock } from '../ports/system.js';

/** How long a revocation is remembered, in milliseconds: tokens should not live longer than that. */
const REMEMBER_MS = 86_400_000;
/** Users remembered. The latest half of them is never forgotten for want of room. */
const USERS_MAX = 200_000;

/** Whose tokens count no more, as far as they were issued before a moment. */
export class Revocations {
  readonly #clock: Clock;
  /** By user, when: in milliseconds since 1970. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  /** When the young generation began. */
  #began: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.ticks();
  }

  add(userId: string, at: number): void {
    if (this.#young.size >= USERS_MAX / 2 || this.#clock.ticks() - this.#began >= REMEMBER_MS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#began = this.#clock.ticks();
    }
    this.#young.set(userId, Math.max(at, this.#of(userId)));
  }

  /**
   * Whether a proof is of the time before its user was sent away. One that does not tell when it was issued counts as of
   * the moment when it was shown.
   *
   * @param shownAt milliseconds since 1970
   */
  covers({ user, issuedAt }: Identity, shownAt: number): boolean {
    return (issuedAt ?? shownAt) <= this.#of(user.id);
  }

  #of(userId: string): number {
    return this.#young.get(userId) ?? this.#old.get(userId) ?? -Infinity;
  }
}
