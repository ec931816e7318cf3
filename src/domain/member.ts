import type { Replay } from './replay.js';
import type { Room } from './room.js';
import type { Session } from './session.js';

/** A connection's place in a room: two integers, however far it is behind. */
export class Member {
  readonly session: Session;
  readonly room: Room;
  /** The position in the room's log of the next frame it gets. */
  cursor: number;
  /** The last offset it has been sent or told of. */
  seen: number;
  /** While stored messages are being sent; the log's frames wait until it has caught up with them. */
  replay: Replay | undefined;
  /** It has left, though a walk over the room's members may still hold it. */
  gone = false;
  /** Its place in the room's list of members. */
  index = 0;

  constructor(session: Session, room: Room) {
    this.session = session;
    this.room = room;
    this.cursor = room.log.top;
    this.seen = room.log.offset;
  }
}
