import type { BroadcastPort, Channel, Retention } from '../ports/broadcast-port.js';
import type { Scheduler } from '../ports/system.js';
import { Room, type RoomServices } from './room.js';
import type { Capacity } from './room-log.js';

/** Somebody who has something to say to one connection alone. */
interface Speaker {
  flush(): void;
}

/** A room, and how many members or clients on their way in keep it open. */
interface Open {
  readonly room: Room;
  /** Settled with whether the subscription stands; `undefined` from then on. */
  opening: Promise<boolean> | undefined;
  holders: number;
}

export interface RoomsOptions extends RoomServices {
  readonly broadcaster: BroadcastPort;
  readonly scheduler: Scheduler;
  /** What each room keeps in memory for readers that are behind. */
  readonly capacity: Capacity;
  /** What each channel's log keeps; `undefined` if nobody wants to know what it holds. */
  readonly retention: Retention | undefined;
}

/**
 * The rooms of this pod. A room is subscribed while somebody holds it. What is appended goes out by a flush on a later
 * turn: all that came in one turn leaves in one batch a room.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #open = new Map<Channel, Open>();
  #dirtyRooms = new Set<Room>();
  #dirtySessions = new Set<Speaker>();
  #scheduled = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  get(channel: Channel): Room | undefined {
    return this.#open.get(channel)?.room;
  }

  /** Holds a room, at once where it is open. `undefined`: the broker can't be reached; then nothing is held. */
  hold(channel: Channel): Room | Promise<Room | undefined> {
    const open = this.#open.get(channel) ?? this.#subscribe(channel);
    open.holders++;
    if (!open.opening) return open.room;
    return open.opening.then((subscribed) => (subscribed ? open.room : undefined));
  }

  /** Ends a hold; the last one ends the subscription. */
  release(room: Room): void {
    const open = this.#open.get(room.channel);
    if (open?.room !== room || --open.holders > 0) return;
    this.#forget(room.channel);
  }

  /** Sees to it that the room's members get what is new, on a later turn. */
  touch(room: Room): void {
    this.#dirtyRooms.add(room);
    this.#schedule();
  }

  /** Sees to it that what the session has to say goes out, before anything of its rooms. */
  touchSession(session: Speaker): void {
    this.#dirtySessions.add(session);
    this.#schedule();
  }

  /** Hands everything to the connections now, as far as they take it. */
  flushAll(): void {
    for (const { room } of this.#open.values()) while (room.flush());
    this.#flushSessions();
  }

  #subscribe(channel: Channel): Open {
    const { broadcaster, capacity } = this.#options;
    const room = new Room(channel, capacity, this.#options);
    const open: Open = { room, opening: undefined, holders: 0 };
    this.#open.set(channel, open);
    open.opening = broadcaster.subscribe(channel).then((result) => {
      open.opening = undefined;
      if (result.status === 'subscribed') {
        room.begin(result.position);
        return true;
      }
      if (this.#open.get(channel) === open) this.#forget(channel);
      return false;
    });
    return open;
  }

  #forget(channel: Channel): void {
    this.#open.get(channel)?.room.close();
    this.#open.delete(channel);
    this.#options.broadcaster.unsubscribe(channel);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.scheduler.soon(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    this.#flushSessions();
    const rooms = this.#dirtyRooms;
    this.#dirtyRooms = new Set();
    for (const room of rooms) if (room.flush()) this.touch(room);
  }

  #flushSessions(): void {
    const sessions = this.#dirtySessions;
    this.#dirtySessions = new Set();
    for (const session of sessions) session.flush();
  }
}
