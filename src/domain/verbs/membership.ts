import type { Problem } from '../errors.js';
import type { Member } from '../member.js';
import { GLOBAL, roomNameProblem } from '../names.js';
import type { Session } from '../session.js';

/** The client's place in a room; without a room, in the global channel, which no name leads to. */
export function memberOf(session: Session, room: string | undefined): Member | undefined {
  return room === GLOBAL ? undefined : session.memberships.get(room ?? GLOBAL);
}

/** Why a client that has no place there may not act on a room. */
export function noMember(room: string | undefined): Problem {
  if (room === undefined) return { code: 'internal', message: 'the connection is not ready yet' };
  return roomNameProblem(room) ?? { code: 'not_a_member', message: `join ${room} first` };
}
