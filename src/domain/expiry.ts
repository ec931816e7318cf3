import type { Clock, Scheduler } from '../ports/system.js';
import { CLOSE } from './close-codes.js';
import { Lookout } from './lookout.js';
import type { Session } from './session.js';

/** A connection outlives its token by less than this, in milliseconds. */
const CHECK_MS = 500;

/** Closes connections whose token has ended. One timer for all, and none where nobody has a token. */
export class Expiry {
  readonly #clock: Clock;
  readonly #lookout: Lookout;
  readonly #sessions = new Set<Session>();

  constructor({ clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#clock = clock;
    this.#lookout = new Lookout(scheduler, CHECK_MS, () => this.#check());
  }

  watch(session: Session): void {
    if (session.proof.expiresAt === undefined) return this.forget(session);
    this.#sessions.add(session);
    this.#lookout.wake();
  }

  forget(session: Session): void {
    this.#sessions.delete(session);
  }

  #check(): boolean {
    const now = this.#clock.now();
    for (const session of this.#sessions) {
      if ((session.proof.expiresAt ?? Infinity) > now) continue;
      this.#sessions.delete(session);
      session.close(CLOSE.unauthorized, 'the token has ended');
    }
    return this.#sessions.size > 0;
  }
}
