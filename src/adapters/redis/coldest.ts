import type { Channel } from '../../ports/broadcast-port.js';

/** A room with stored messages, as a sweep sees it. */
export interface StoredRoom {
  readonly channel: Channel;
  /** When its log expires, by the clock of Redis: the sooner, the longer ago somebody published to it. */
  readonly expiresAt: number;
  readonly hasMembers: boolean;
}

/** Rooms that are remembered: more have to wait for the next sweep. */
const MOST = 10_000;

/**
 * Remembers those rooms that give way first: those without members before those with, and then the one published to
 * longest ago.
 */
export class Coldest {
  #rooms: StoredRoom[] = [];
  /** Once there are enough: the first that would have to wait must come before this one. */
  #last: StoredRoom | undefined;

  add(room: StoredRoom): void {
    if (this.#last && byColdness(room, this.#last) >= 0) return;
    this.#rooms.push(room);
    // Sorted now and then, so that a room costs little.
    if (this.#rooms.length < 2 * MOST) return;
    this.#rooms = this.inOrder();
    this.#last = this.#rooms.at(-1);
  }

  /** At most 10,000, those to give way first at the beginning. */
  inOrder(): StoredRoom[] {
    return this.#rooms.toSorted(byColdness).slice(0, MOST);
  }
}

function byColdness(one: StoredRoom, other: StoredRoom): number {
  return Number(one.hasMembers) - Number(other.hasMembers) || one.expiresAt - other.expiresAt;
}
