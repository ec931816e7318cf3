import type { AuthPort, Credentials, Identity } from '../ports/auth-port.js';
import type { Refusal } from '../ports/refusal.js';
import type { Logger } from '../ports/system.js';
import { Deadlines } from './deadlines.js';
import { refusal, type Keepers } from './door.js';
import { identityOf } from './identity-of.js';
import type { HubPorts } from './services.js';

/** How long it may take to say who a client is, in milliseconds: all that time it takes the place of another. */
const AUTHENTICATE_MS = 5000;

const NO_ANSWER = refusal(503, 'unavailable', 'it can not be said in time who you are, try again', 1);

/** What {@link bounded} needs: time, and a place to say that it is over. */
type Patience = Pick<HubPorts, 'clock' | 'scheduler' | 'logger'>;

/** Says who a client is as another does, or in time that it can't. Never rejects, whatever the other one does. */
class BoundedAuth implements AuthPort {
  readonly #auth: AuthPort;
  readonly #deadlines: Deadlines;
  readonly #logger: Logger;

  constructor(auth: AuthPort, deadlines: Deadlines, logger: Logger) {
    this.#auth = auth;
    this.#deadlines = deadlines;
    this.#logger = logger;
  }

  async authenticate(credentials: Credentials): Promise<Identity | Refusal> {
    let inTime = (): void => {};
    const late = new Promise<Refusal>((resolve) => {
      inTime = this.#deadlines.begin(() => {
        this.#logger.error('authenticate failed', { cause: `no answer within ${AUTHENTICATE_MS} ms` });
        resolve(NO_ANSWER);
      });
    });
    try {
      return identityOf(await Promise.race([this.#auth.authenticate(credentials), late]));
    } catch (cause) {
      this.#logger.error('authenticate failed', { cause });
      return NO_ANSWER;
    } finally {
      inTime();
    }
  }
}

/** Keepers that answer in time, whatever those do that are given. */
export function bounded({ auth, authRequired, guests }: Keepers, patience: Patience): Keepers {
  const deadlines = new Deadlines(patience, AUTHENTICATE_MS);
  const inTime = (keeper: AuthPort): AuthPort => new BoundedAuth(keeper, deadlines, patience.logger);
  return { authRequired, guests: inTime(guests), ...(auth && { auth: inTime(auth) }) };
}
