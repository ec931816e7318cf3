import type { Channel } from '../../ports/broadcast-port.js';
import type { Problem } from '../errors.js';
import { GLOBAL, roomNameProblem } from '../names.js';
import type { Session } from '../session.js';

/** Why a client may not act on a channel: the name is none, or it is no member. Everybody is one of the global channel. */
export function membershipProblem(session: Session, room: string | undefined): Problem | undefined {
  const channel: Channel = room ?? GLOBAL;
  if (session.memberships.has(channel)) return undefined;
  if (room === undefined) return { code: 'internal', message: 'the connection is not ready yet' };
  return roomNameProblem(room) ?? { code: 'not_a_member', message: `join ${room} first` };
}
