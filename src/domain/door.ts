import type { AuthPort, Credentials, Identity } from '../ports/auth-port.js';
import type { Admission, Knock } from '../ports/chat-port.js';
import type { Refusal } from '../ports/refusal.js';
import { TOKEN_NEEDED } from './errors.js';
import { displayName } from './display-name.js';
import { SUBPROTOCOL, userIdProblem } from './names.js';
import { ownText } from './own-text.js';
import type { ShownNames } from './shown-names.js';

const BEARER = 'bearer.';
const ORIGIN_REFUSED = 'this origin may not connect: add it to ALLOWED_ORIGINS, or to allowedOrigins of createChat';

/** Who says who a client is. */
export interface Keepers {
  /** Checks tokens. Without it a token is not looked at. */
  readonly auth?: AuthPort;
  /** Whether a client without a token is refused (401). */
  readonly authRequired: boolean;
  /** Names clients that come without a token. */
  readonly guests: AuthPort;
}

/** Judges what a client brings before it may come in: the same for every transport. */
export class Door {
  readonly #keepers: Keepers;
  readonly #origins: readonly string[];
  readonly #names: ShownNames;

  /** @param origins exact origins of browsers that may connect, `*` for all; empty: the same host only */
  constructor(keepers: Keepers, origins: readonly string[], names: ShownNames) {
    this.#keepers = keepers;
    this.#origins = origins;
    this.#names = names;
  }

  async knock(knock: Knock): Promise<Admission | Refusal> {
    if (!this.#isOriginAllowed(knock))
      return { ...refusal(403, 'forbidden', ORIGIN_REFUSED), reason: 'not an allowed origin' };
    const protocol = knock.protocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
    if (!protocol && knock.protocols.some((offered) => offered.startsWith('hubbub.'))) {
      return refusal(400, 'bad_request', `the subprotocol of this server is ${SUBPROTOCOL}`);
    }
    const name = single(knock, 'name');
    const session = single(knock, 'session');
    if (name === REPEATED || session === REPEATED) {
      return refusal(400, 'bad_request', 'name and session may be given once');
    }
    const shown = displayName(name);
    if (name !== undefined && shown === undefined) {
      return refusal(400, 'bad_request', 'a name is 1 to 64 characters that can be shown');
    }
    const identity = await this.#identify({ token: tokenOf(knock), name: shown, session });
    if ('status' in identity) return identity;
    // Whoever came in under another could not be sent away.
    const problem = userIdProblem(identity.user.id);
    if (problem) return { ...refusal(401, 'unauthorized', problem.message), reason: 'user id' };
    const user = this.#names.of(identity.user);
    const rooms = knock.query.getAll('room').map(ownText);
    return { identity: { ...identity, user }, address: ownText(knock.address), rooms, protocol };
  }

  async #identify(credentials: Credentials): Promise<Identity | Refusal> {
    const { auth, authRequired, guests } = this.#keepers;
    if (auth && credentials.token !== undefined) return auth.authenticate(credentials);
    if (authRequired) return { ...refusal(401, 'unauthorized', TOKEN_NEEDED), reason: 'no token' };
    return guests.authenticate(credentials);
  }

  /** Only browsers send an origin, and only they act for a page that the user did not mean to trust. */
  #isOriginAllowed({ origin, host }: Knock): boolean {
    if (origin === undefined || this.#origins.includes('*')) return true;
    if (this.#origins.length > 0) return this.#origins.includes(origin);
    // An empty host is nobody's: `http://` is not its origin.
    const lower = host?.toLowerCase() ?? '';
    return lower !== '' && (origin === `http://${lower}` || origin === `https://${lower}`);
  }
}

const REPEATED = Symbol('repeated');

function single({ query }: Knock, name: string): string | undefined | typeof REPEATED {
  const values = query.getAll(name);
  return values.length > 1 ? REPEATED : values[0];
}

function tokenOf({ authorization, protocols, query }: Knock): string | undefined {
  // A bearer that is none is a bad token, and not the lack of one.
  const bearer = /^Bearer(?![^\s])(.*)$/i.exec(authorization ?? '');
  const header = bearer ? (/^ +(\S+)$/.exec(bearer[1] ?? '')?.[1] ?? '') : undefined;
  const offered = protocols.find((protocol) => protocol.startsWith(BEARER))?.slice(BEARER.length);
  return header ?? offered ?? query.get('token') ?? undefined;
}

/** An answer that keeps a client outside. */
export function refusal(status: Refusal['status'], code: string, message: string, retryAfter?: number): Refusal {
  return { status, code, message, ...(retryAfter !== undefined && { retryAfter }) };
}
