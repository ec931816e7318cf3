import type { Entry, ReadResult } from '../ports/broadcast-port.js';
import type { Frame } from '../ports/frame.js';
import type { Scheduler } from '../ports/system.js';
import { gap, PART_BYTES } from './frames.js';
import type { ReadStored } from './look.js';
import type { Member } from './member.js';

/** What is read at once: no more than is handed to the connection before it is asked again whether it can take more. */
export const REPLAY_PAGE = { limit: 100, bytes: PART_BYTES };
const RETRY_MS = 1000;

export interface ReplayServices {
  readonly read: ReadStored;
  readonly scheduler: Scheduler;
  readonly encode: (text: string) => Frame;
}

/**
 * Brings a resuming member from the offset it has seen to where its room's log can take over. It reads a page, waits
 * for the connection to drain, reads the next. A reset of the room, another resume or leaving makes it void.
 */
export class Replay {
  readonly #member: Member;
  readonly #epoch: string;
  readonly #services: ReplayServices;
  #entries: readonly Entry[] = [];
  #next = 0;
  #reading = false;

  constructor(member: Member, epoch: string, services: ReplayServices) {
    this.#member = member;
    this.#epoch = epoch;
    this.#services = services;
  }

  /** Starts with the first page, read before it was known that there is something to replay. */
  begin(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.advance();
  }

  /** Goes on as far as the connection takes it. Called again when it drains. */
  advance(): void {
    const member = this.#member;
    while (this.#valid && !this.#reading && member.reader.connection.writable) {
      const hasPage = this.#next < this.#entries.length;
      if (this.#canHandOver(hasPage)) return this.#handOver();
      if (hasPage) this.#sendChunk();
      else this.#readOn();
    }
    // Nothing is kept for a client that does not read: it is read again when there is room for it.
    if (!member.reader.connection.writable) this.#entries = [];
  }

  get #valid(): boolean {
    return this.#member.replay === this && !this.#member.gone;
  }

  /** Whatever the log holds is sent from there, as many readers share it; what it has still to hear of, from the page. */
  #canHandOver(hasPage: boolean): boolean {
    const { seen, room } = this.#member;
    return seen >= room.log.floor && (!hasPage || room.log.offset > seen);
  }

  #handOver(): void {
    const member = this.#member;
    member.replay = undefined;
    member.cursor = member.room.log.positionAfter(member.seen);
    // At once: the log may drop what it holds before the room's next round.
    member.room.deliver(member);
  }

  #sendChunk(): void {
    const frames: Frame[] = [];
    let bytes = 0;
    for (; this.#next < this.#entries.length; this.#next++) {
      const entry = this.#entries[this.#next];
      if (!entry || entry.offset <= this.#member.seen) continue;
      bytes += entry.frame.length;
      if (bytes > PART_BYTES && frames.length > 0) break;
      if (entry.offset > this.#member.seen + 1) frames.push(this.#expired(entry.offset - 1));
      frames.push(entry.frame);
      this.#member.seen = entry.offset;
    }
    if (frames.length === 0) return;
    this.#member.reader.sendInOrder({ frames });
  }

  #readOn(): void {
    this.#reading = true;
    const { room, seen } = this.#member;
    void this.#services.read(room.channel, { after: seen, ...REPLAY_PAGE }).then((result) => this.#take(result));
  }

  #take(result: ReadResult): void {
    this.#reading = false;
    if (!this.#valid) return;
    // The broker is away, or the room is about to hear of its reset, which ends this replay.
    if (result.status === 'unavailable' || result.position.epoch !== this.#epoch) return this.#retry();
    this.#entries = result.entries;
    this.#next = 0;
    const { offset } = result.position;
    if (result.entries.length === 0) {
      // The room's log is ahead of what the broker knows: it is about to hear of a reset.
      if (offset <= this.#member.seen) return this.#retry();
      this.#member.reader.sendInOrder({ frames: [this.#expired(offset)] });
      this.#member.seen = offset;
    }
    this.advance();
  }

  #retry(): void {
    this.#reading = true;
    this.#services.scheduler.later(RETRY_MS, () => {
      this.#reading = false;
      this.advance();
    });
  }

  #expired(to: number): Frame {
    const { room, seen } = this.#member;
    return this.#services.encode(gap(room.channel, { cause: 'expired', from: seen + 1, to, epoch: this.#epoch }));
  }
}
