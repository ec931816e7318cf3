import type { User } from '../ports/auth-port.js';
import type { Clock, Logger } from '../ports/system.js';
import { displayName } from './display-name.js';
import { nameOfId } from './names.js';

/** Milliseconds between two lines in the log. */
const QUIET_MS = 60_000;

/** Calls users as they can be shown: a bad name costs nobody the connection. */
export class ShownNames {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Names that could not be shown since the last line. */
  #count = 0;
  #loggedAt = -Infinity;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The user with their name in NFC, or their id in its place. */
  of(user: User): User {
    const name = displayName(user.name);
    if (name !== undefined) return { ...user, name };
    this.#report();
    return { ...user, name: nameOfId(user.id) };
  }

  #report(): void {
    this.#count++;
    const now = this.#clock.ticks();
    if (now - this.#loggedAt < QUIET_MS) return;
    this.#logger.warn('the name in a token cannot be shown, the id is shown instead', { count: this.#count });
    this.#loggedAt = now;
    this.#count = 0;
  }
}
