import type { Batch } from '../ports/frame.js';
import type { Room } from './room.js';

/** Who a member's frames go to. */
export interface Reader {
  readonly connection: { readonly writable: boolean };
  /** Sends a batch now, after all that was said to the reader before. */
  sendInOrder(batch: Batch): void;
}

/** Brings a member up to its room's log from elsewhere. */
export interface CatchUp {
  /** Goes on as far as the connection takes it. */
  advance(): void;
}

/** In the place of a replay while the broker is asked where it has to begin: not even a reset comes before that answer. */
export const ASKING: CatchUp = { advance() {} };

/** A connection's place in a room: two integers, however far it is behind. */
export class Member {
  readonly reader: Reader;
  readonly room: Room;
  /** The position in the room's log of the next frame it gets. */
  cursor: number;
  /** The last offset it has been sent or told of. */
  seen: number;
  /** While stored messages are being sent; the log's frames wait until it has caught up with them. */
  replay: CatchUp | undefined;
  /** It has left, though a walk over the room's members may still hold it. */
  gone = false;
  /** Its place in the room's list of members. */
  index = 0;

  constructor(reader: Reader, room: Room) {
    this.reader = reader;
    this.room = room;
    this.cursor = room.log.top;
    this.seen = room.log.offset;
  }

  /** Sends what there is for it, as far as its connection takes it. */
  advance(): void {
    if (this.replay) this.replay.advance();
    else this.room.deliver(this);
  }
}
