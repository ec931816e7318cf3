import type { Request } from '../../ports/codec-port.js';
import type { Session } from '../session.js';
import { memberOf, noMember } from './membership.js';

/** Stops being a member. What was published before is still delivered, ahead of the ack. */
export function leave(session: Session, { id, room }: Request & { verb: 'leave' }): void {
  const member = memberOf(session, room);
  if (!member) return session.refuse(id, noMember(room));
  member.room.deliver(member);
  session.drop(member);
  if (id !== undefined) session.ack(id, { room });
}
