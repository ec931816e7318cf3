import type { JWTPayload } from 'jose';
import { GUEST_PREFIX, isUserId, nameOfId } from '../../domain/names.js';
import { END_OF_TIME } from '../../domain/times.js';
import type { Identity, User } from '../../ports/auth-port.js';
import type { Refusal } from '../../ports/refusal.js';
import { permissionsOf } from './permissions.js';
import { EXPIRED, invalid } from './refusals.js';

/** How far the issuer's clock may be ahead of ours, in seconds. For a token's end there is none: {@link identityOf}. */
export const TOLERANCE_S = 5;

/**
 * Who the claims speak of. The signature, `iss`, `aud` and `nbf` are checked already.
 *
 * The end is exact: a connection is closed at the very moment from which on its token would be refused at the door.
 *
 * @param now milliseconds since 1970
 */
export function identityOf(claims: JWTPayload, now: number): Identity | Refusal {
  const { sub, iat, exp, name } = claims;
  if (!isUserId(sub) || sub.startsWith(GUEST_PREFIX)) return invalid('claim sub');
  if (typeof exp !== 'number') return invalid('claim exp');
  if (iat !== undefined && !(typeof iat === 'number' && iat <= now / 1000 + TOLERANCE_S)) return invalid('claim iat');
  const permissions = 'chat' in claims ? permissionsOf(claims['chat']) : {};
  if (!permissions) return invalid('claim chat');
  const expiresAt = Math.floor(exp * 1000);
  // Also what JSON reads as infinite.
  if (expiresAt > END_OF_TIME) return invalid('claim exp');
  if (expiresAt <= now) return EXPIRED;
  const issuedAt = iat === undefined ? 0 : Math.floor(iat * 1000);
  return { user: userOf(sub, name), ...('chat' in claims && { permissions }), issuedAt, expiresAt };
}

/** Whether a name can be shown is not judged here: the chat does that for whatever says who a client is. */
function userOf(id: string, name: unknown): User {
  if (name === undefined || name === null) return { id, name: nameOfId(id) };
  return { id, name: typeof name === 'string' ? name : '' };
}
