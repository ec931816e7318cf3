import { GuestAuth } from '../../src/adapters/guest/guest-auth.js';
import type { Keepers } from '../../src/domain/door.js';
import type { Identity } from '../../src/ports/auth-port.js';

/** Keepers that know some tokens by heart: what a token proves is for the tests of the adapters. */
export function keepersOf(
  tokens: Readonly<Record<string, Omit<Identity, 'user'> & { readonly user: string }>>,
): Keepers {
  return {
    guests: new GuestAuth(),
    authRequired: true,
    auth: {
      authenticate({ token = '' }) {
        const known = tokens[token];
        return Promise.resolve(
          known
            ? { ...known, user: { id: known.user, name: known.user } }
            : { status: 401, code: 'unauthorized', message: 'a valid token is needed' },
        );
      },
    },
  };
}
