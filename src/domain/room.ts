import type { Channel, Position, Retention } from '../ports/broadcast-port.js';
import type { Frame } from '../ports/frame.js';
import type { Logger } from '../ports/system.js';
import type { Account, ByteBudget, Holder } from './byte-budget.js';
import { gap, type Gap } from './frames.js';
import { Holding } from './holding.js';
import { ASKING, type Member } from './member.js';
import { RoomLog, type Capacity } from './room-log.js';

/** Members offered their frames in one turn, so that a small room need not wait for a big one. */
const CHUNK = 256;
/** What a room costs with its first message: in Redis a hash, and a stream whose first node has 4 KiB. */
const NEW_ROOM_BYTES = 4608;

/** One walk over the members, spread over several turns where they are many. */
interface Round {
  readonly members: readonly Member[];
  readonly top: number;
  next: number;
}

export interface RoomServices {
  /** Bounds what the logs of all rooms hold. */
  readonly rings: ByteBudget;
  readonly encode: (text: string) => Frame;
  readonly logger: Logger;
  /** What the channel's log keeps; `undefined` if nobody wants to know what it holds. */
  readonly retention: Retention | undefined;
}

/** A channel as this pod has it: its recent frames, and who of this pod reads them. */
export class Room implements Holder {
  readonly channel: Channel;
  /** Bytes that the name has as UTF-8 beyond one per UTF-16 unit. */
  readonly extraBytes: number;
  readonly #encode: (text: string) => Frame;
  readonly #logger: Logger;
  readonly #capacity: Capacity;
  readonly #members: Member[] = [];
  readonly #holding: Holding | undefined;
  #log: RoomLog;
  /** Its log has begun, or a message is on the way that begins it. */
  #isFounded = false;
  #epoch: string | undefined;
  /** Whether somebody may be a member: what comes before that is told to nobody, but messages count. */
  #begun = false;
  #round: Round | undefined;
  /** Everything before this position has been offered to all members. */
  #flushed = 0;
  readonly #rings: ByteBudget;
  readonly #account: Account;

  /** @param capacity what is kept for readers that are behind */
  constructor(channel: Channel, capacity: Capacity, { encode, logger, rings, retention }: RoomServices) {
    this.channel = channel;
    this.extraBytes = encode(channel).length - channel.length;
    this.#capacity = capacity;
    this.#encode = encode;
    this.#logger = logger;
    this.#log = new RoomLog(capacity, 0);
    this.#holding = retention && new Holding(retention);
    this.#rings = rings;
    this.#account = rings.open(this);
  }

  get log(): RoomLog {
    return this.#log;
  }

  get held(): number {
    return this.#log.held;
  }

  /** Makes space for other rooms. Only members that are behind notice: they get a gap. */
  shed(bytes: number): void {
    this.#log.shed(bytes, this.#flushed);
  }

  /** Gives its part of the budget back. */
  close(): void {
    this.#rings.close(this.#account);
  }

  /** The place that live messages go on from; `undefined` where the broadcaster keeps no log. */
  get position(): Position | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, offset: this.#log.offset };
  }

  /** Takes the position that the subscription began at. Messages after it may have come already, and a reset too. */
  begin(position: Position | undefined): void {
    this.#begun = true;
    this.#epoch ??= position?.epoch;
    if (position) this.#startAfter(position.offset);
  }

  /** Bytes by which a message with a frame of this size makes what is stored grow. */
  growth(bytes: number): number {
    const isFirst = !this.#isFounded && this.#epoch !== undefined && this.#log.offset === 0;
    return (this.#holding?.growth(bytes) ?? 0) + (isFirst ? NEW_ROOM_BYTES : 0);
  }

  /** A message is on its way into the log. */
  found(): void {
    this.#isFounded = true;
  }

  append(first: number, frames: readonly Frame[]): void {
    if (first > 0) this.#joinUp(first);
    let offset = first;
    for (const frame of frames) {
      this.#log.append(frame, first === 0 ? undefined : offset++);
      this.#holding?.add(frame.length);
    }
  }

  appendEphemeral(frame: Frame): void {
    if (this.#begun) this.#log.append(copyOf(frame));
  }

  /** One gap for all members; it begins where the log ends, so that it neither repeats a message nor hides a hole. */
  appendLost(from: number, to: number): void {
    this.#startAfter(from - 1);
    const next = this.#log.offset + 1;
    if (to >= next) this.#log.appendGap(this.#expiredGap(next, to), to);
  }

  /** Goes on in another epoch. Who keeps up gets what came before; who does not is told of the reset alone. */
  reset(position: Position): void {
    for (const member of this.#members) this.deliver(member);
    this.#round = undefined;
    this.#epoch = position.epoch;
    this.#holding?.clear();
    this.#log.reset(this.#encodeGap(this.#resetGap(position.offset)), position.offset);
    this.#flushed = this.#log.base;
    for (const member of this.#members) {
      if (member.replay !== ASKING) member.replay = undefined;
      member.cursor = this.#log.base;
      member.seen = 0;
    }
  }

  /** Whatever a broadcaster does, nothing is lost in silence: a hole becomes a gap. */
  #joinUp(first: number): void {
    this.#startAfter(first - 1);
    const next = this.#log.offset + 1;
    if (first <= next) return;
    this.#logger.error('the broadcaster left a hole', { channel: this.channel, from: next, to: first - 1 });
    this.appendLost(next, first - 1);
  }

  /** A log that holds nothing yet begins after this offset: what is before it has to be asked of the broadcaster. */
  #startAfter(offset: number): void {
    if (this.#log.top === 0) this.#log = new RoomLog(this.#capacity, offset);
  }

  add(member: Member): void {
    member.index = this.#members.push(member) - 1;
  }

  remove(member: Member): void {
    if (member.gone) return;
    member.gone = true;
    const last = this.#members.pop();
    if (!last || last === member) return;
    this.#members[member.index] = last;
    last.index = member.index;
  }

  /**
   * Offers the log's frames to the next members of the current round. Answers whether there is more to do on another
   * turn.
   */
  flush(): boolean {
    const round = (this.#round ??= this.#begin());
    const end = Math.min(round.next + CHUNK, round.members.length);
    for (; round.next < end; round.next++) {
      const member = round.members[round.next];
      if (member) this.deliver(member, round.top);
    }
    if (end < round.members.length) return true;
    this.#round = undefined;
    this.#flushed = round.top;
    this.#log.trim(round.top);
    this.#rings.use(this.#account);
    return this.#log.top > round.top;
  }

  #begin(): Round {
    const many = this.#members.length > CHUNK;
    // A walk that goes on on another turn must not be confused by who comes and goes meanwhile.
    return { members: many ? this.#members.slice() : this.#members, top: this.#log.top, next: 0 };
  }

  /** Sends a member what it has not seen, up to a position and as far as its connection takes it. */
  deliver(member: Member, top: number = this.#log.top): void {
    // To the end: what the log drops after a round is lost to a member that was not offered all of it.
    while (this.#wants(member, top)) this.#sendBatch(member, top);
  }

  #wants({ gone, replay, cursor, reader }: Member, top: number): boolean {
    return !gone && !replay && cursor < top && reader.connection.writable;
  }

  #sendBatch(member: Member, top: number): void {
    if (member.cursor < this.#log.base) this.#tellMissed(member);
    if (member.seen > this.#log.offsetBefore(member.cursor)) this.#skipSeen(member, top);
    if (member.cursor >= top) return;
    if (member.seen < this.#log.offsetBefore(member.cursor)) this.#tellHole(member);
    const batch = this.#log.batch(member.cursor, top);
    member.reader.sendInOrder(batch);
    member.cursor = batch.end;
    member.seen = batch.offset;
  }

  /** A member may have been sent stored messages that reach this pod's log only now, as messages or as part of a gap. */
  #skipSeen(member: Member, top: number): void {
    const { seen } = member;
    member.cursor = this.#log.positionAfter(seen);
    if (member.cursor >= top || seen === this.#log.offsetBefore(member.cursor)) return;
    // Only a gap has several offsets: the member gets the rest of it, and rejoins the others behind it.
    member.cursor++;
    member.seen = this.#log.offsetBefore(member.cursor);
    member.reader.sendInOrder({ frames: [this.#expiredGap(seen + 1, member.seen)] });
  }

  /** Whatever went wrong with a member's place, nothing is lost in silence. */
  #tellHole(member: Member): void {
    const [from, to] = [member.seen + 1, this.#log.offsetBefore(member.cursor)];
    this.#logger.error('a member was left behind', { channel: this.channel, from, to });
    member.reader.sendInOrder({
      frames: [this.#encodeGap({ cause: 'slow_consumer', from, to, epoch: this.#epoch ?? '' })],
    });
    member.seen = to;
  }

  #tellMissed(member: Member): void {
    const missed = this.#missed(member);
    if (missed) member.reader.sendInOrder({ frames: [this.#encodeGap(missed)] });
    member.cursor = this.#log.base;
    member.seen = Math.max(member.seen, this.#log.baseOffset);
  }

  #missed(member: Member): Gap | undefined {
    const { base, baseOffset, resetAt } = this.#log;
    if (this.#epoch === undefined) return { cause: 'slow_consumer', missed: base - member.cursor };
    if (member.cursor <= resetAt) return this.#resetGap(baseOffset);
    if (member.seen >= baseOffset) return undefined;
    return { cause: 'slow_consumer', from: member.seen + 1, to: baseOffset, epoch: this.#epoch };
  }

  #resetGap(to: number): Gap {
    return { cause: 'reset', from: 1, to, epoch: this.#epoch ?? '' };
  }

  #expiredGap(from: number, to: number): Frame {
    return this.#encodeGap({ cause: 'expired', from, to, epoch: this.#epoch ?? '' });
  }

  #encodeGap(data: Gap): Frame {
    return copyOf(this.#encode(gap(this.channel, data)));
  }
}

/** A codec's frame may be a small part of a large buffer, which the log would keep as a whole. */
function copyOf(frame: Frame): Frame {
  return new Uint8Array(frame);
}
