import type { Ack, Gap, Position, ServerFrame } from './frames.js';

/** Where this page stands in a room, or in the global channel: what it has shown, and how it comes back. */
export class Channel {
  /** Absent for the global channel, which everybody is in. */
  readonly room: string | undefined;
  /** The last message shown; absent before the first join and where the server keeps no history. */
  #position: Position | undefined;
  /** A resume starts the channel over: what comes before its ack will come again, in order. */
  #resuming = false;

  constructor(room: string | undefined) {
    this.room = room;
  }

  /** The frame that makes a new connection a member; the global channel needs none the first time. */
  join(): object | undefined {
    const since = this.#position;
    this.#resuming = since !== undefined;
    if (since) return { type: 'join', room: this.room, data: { since } };
    return this.room === undefined ? undefined : { type: 'join', room: this.room };
  }

  /**
   * Takes the answer to {@link join}, or the welcome's word on the global channel.
   *
   * @returns the offset whose predecessors history should give, where the channel was joined for the first time
   */
  joined({ epoch, offset }: Ack): number | undefined {
    const resumed = this.#resuming;
    this.#resuming = false;
    if (resumed || epoch === undefined || offset === undefined) return undefined;
    this.#position = { epoch, offset };
    return offset + 1;
  }

  /** Whether a message is to be shown: it is new, and its turn has come. */
  takes({ offset }: ServerFrame): boolean {
    if (offset === undefined) return true;
    if (this.#resuming || (this.#position && offset <= this.#position.offset)) return false;
    if (this.#position) this.#position = { epoch: this.#position.epoch, offset };
    return true;
  }

  /** Takes a gap, and says in words what is missing; `undefined` where nothing is. */
  gap(gap: Gap): string | undefined {
    const missing = 'missed' in gap ? gap.missed : Math.max(0, gap.to - gap.from + 1);
    if ('epoch' in gap) this.#position = { epoch: gap.epoch, offset: gap.to };
    const messages = missing === 1 ? '1 message' : `${missing} messages`;
    if (gap.cause === 'reset') return 'The server lost the history of this room. Messages may be missing here.';
    if (missing === 0) return undefined;
    if (gap.cause === 'expired') return `${messages} missing here: no longer kept by the server.`;
    return `${messages} missing here: this connection was too slow.`;
  }
}
