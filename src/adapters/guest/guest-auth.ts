import { createHash, randomBytes } from 'node:crypto';
import { GUEST_PREFIX, SESSION_PATTERN } from '../../domain/names.js';
import type { AuthPort, Credentials, Identity } from '../../ports/auth-port.js';
import type { Refusal } from '../../ports/refusal.js';

const SESSION = new RegExp(SESSION_PATTERN);

/** The name of a guest who gives none. */
const NAME = 'Guest';

/**
 * The user id that a guest's session stands for, the same on every pod: `guest-` and the first 22 characters of the
 * unpadded base64url form of SHA-256 over the UTF-8 bytes of `hubbub guest` (12 bytes, one space inside) followed
 * directly by the session.
 */
export function guestId(session: string): string {
  const digest = createHash('sha256').update(`hubbub guest${session}`, 'utf8').digest('base64url');
  return `${GUEST_PREFIX}${digest.slice(0, 22)}`;
}

/** Lets everybody in as a guest: whoever knows the session is the same user again. A token is not looked at. */
export class GuestAuth implements AuthPort {
  authenticate({ name, session }: Credentials): Promise<Identity | Refusal> {
    return Promise.resolve(this.#identify(name ?? NAME, session));
  }

  #identify(name: string, given: string | undefined): Identity | Refusal {
    if (given !== undefined && !SESSION.test(given)) {
      // The session is a secret, so the message does not repeat it.
      return {
        status: 400,
        code: 'bad_request',
        message: 'session: expected 22 to 64 URL-safe characters',
      };
    }
    const session = given ?? randomBytes(32).toString('base64url');
    return { user: { id: guestId(session), name }, session };
  }
}
