import type { Identity } from '../../ports/auth-port.js';
import type { Request } from '../../ports/codec-port.js';
import type { Refusal } from '../../ports/refusal.js';
import { FORBIDDEN } from '../authorize.js';
import { REVOKED, UNAVAILABLE, type Problem } from '../errors.js';
import { roomOf } from '../names.js';
import { permits } from '../permissions.js';
import type { Session } from '../session.js';

/** Renews what a connection stands on: its token's end, and what it may do. */
export async function auth(session: Session, { id, token }: Request & { verb: 'auth' }): Promise<void> {
  const { auth: keeper } = session.services.keepers;
  if (!keeper) return session.refuse(id, { code: 'unsupported', message: 'this server checks no tokens' });
  const identity = await keeper.authenticate({ token, name: undefined, session: undefined });
  if (!session.open) return;
  if ('status' in identity) return session.refuse(id, problemOf(identity));
  const { revocations } = session.services;
  if (revocations.covers(identity)) return session.refuse(id, REVOKED);
  if (identity.user.id !== session.user.id) {
    return session.refuse(id, { code: 'forbidden', message: 'the token is of another user' });
  }
  session.renew(identity);
  leaveForbidden(session, identity);
  if (id !== undefined) session.ack(id, {});
}

function problemOf({ status, message, retryAfter, reason = message }: Refusal): Problem {
  if (status !== 503) return { code: 'unauthorized', message, reason };
  return retryAfter === undefined ? UNAVAILABLE : { ...UNAVAILABLE, message, retryAfterMs: 1000 * retryAfter };
}

/** A client may not stay where it could not go any more; it is told of each such room. */
function leaveForbidden(session: Session, { permissions }: Identity): void {
  if (!permissions) return;
  for (const member of session.memberships.values()) {
    const room = roomOf(member.room.channel);
    if (room === undefined || permits(permissions, 'join', room)) continue;
    session.drop(member);
    session.refuse(undefined, { ...FORBIDDEN, message: `you were taken out of ${room}` });
  }
}
