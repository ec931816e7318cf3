import type { Identity } from '../ports/auth-port.js';
import type { Clock, Scheduler } from '../ports/system.js';
import { CLOSE } from './close-codes.js';
import { Lookout } from './lookout.js';

/** A connection outlives its token by less than this, in milliseconds. */
const CHECK_MS = 500;

/** Somebody whose proof may end. */
export interface Bearer {
  readonly proof: Identity;
  close(code: number, reason: string): void;
}

/** Closes connections whose token has ended. One timer for all, and none where nobody has a token. */
export class Expiry {
  readonly #clock: Clock;
  readonly #lookout: Lookout;
  readonly #bearers = new Set<Bearer>();

  constructor({ clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#clock = clock;
    this.#lookout = new Lookout(scheduler, CHECK_MS, () => this.#check());
  }

  watch(bearer: Bearer): void {
    if (bearer.proof.expiresAt === undefined) return this.forget(bearer);
    this.#bearers.add(bearer);
    this.#lookout.wake();
  }

  forget(bearer: Bearer): void {
    this.#bearers.delete(bearer);
  }

  #check(): boolean {
    const now = this.#clock.now();
    for (const bearer of this.#bearers) {
      if ((bearer.proof.expiresAt ?? Infinity) > now) continue;
      this.#bearers.delete(bearer);
      bearer.close(CLOSE.unauthorized, 'the token has ended');
    }
    return this.#bearers.size > 0;
  }
}
