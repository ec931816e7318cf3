import type { Batch, Frame } from '../ports/frame.js';
import { PART_BYTES } from './frames.js';
import { HeldBuffers } from './held-buffers.js';

/** What an entry and its frame object cost beside the frame's bytes: measured. */
const ENTRY_BYTES = 160;

interface Entry {
  readonly frame: Frame;
  /** The last offset up to and including this entry: a frame without an offset repeats the one before it. */
  readonly offset: number;
}

/** What is kept for readers that are behind. */
export interface Capacity {
  readonly frames: number;
  readonly bytes: number;
}

/** A run of the log's frames, shared by all members that stand where it begins. */
export class LogBatch implements Batch {
  readonly frames: readonly Frame[];
  /** The position after its last frame. */
  readonly end: number;
  /** The offset that a reader has seen after it. */
  readonly offset: number;
  /** The position that was asked for; it ends before that where it would weigh too much. */
  readonly asked: number;

  constructor(frames: readonly Frame[], end: number, offset: number, asked: number) {
    this.frames = frames;
    this.end = end;
    this.offset = offset;
    this.asked = asked;
  }
}

/**
 * The recent frames of a channel on this pod. A *position* counts entries since the log began and never goes back; an
 * *offset* is the message's number in the channel, which not every frame has and which starts over with an epoch.
 * Readers hold positions.
 */
export class RoomLog {
  #entries: Entry[] = [];
  #base = 0;
  #baseOffset: number;
  #resetAt = -1;
  #gapAt = -1;
  readonly #capacity: Capacity;
  #bytes = 0;
  readonly #buffers = new HeldBuffers();
  readonly #batches = new Map<number, LogBatch>();

  /** @param offset the channel's top where the log begins */
  constructor(capacity: Capacity, offset: number) {
    this.#capacity = capacity;
    this.#baseOffset = offset;
  }

  /** The position of the oldest frame held. */
  get base(): number {
    return this.#base;
  }

  /** The offset before {@link base}. */
  get baseOffset(): number {
    return this.#baseOffset;
  }

  /** All messages after this offset are held. */
  get floor(): number {
    const at = Math.max(this.#resetAt, this.#gapAt);
    return at < this.#base ? this.#baseOffset : this.offsetBefore(at + 1);
  }

  /** The position after the newest frame. */
  get top(): number {
    return this.#base + this.#entries.length;
  }

  /** The offset of the newest message. */
  get offset(): number {
    return this.#entries.at(-1)?.offset ?? this.#baseOffset;
  }

  /** The position of the last frame that told of a reset, -1 if there was none. */
  get resetAt(): number {
    return this.#resetAt;
  }

  /** Bytes of memory that the frames keep alive, which may be more than they have. */
  get held(): number {
    return ENTRY_BYTES * this.#entries.length + this.#buffers.bytes;
  }

  append(frame: Frame, offset: number = this.offset): void {
    this.#buffers.add(this.top, frame.buffer);
    this.#entries.push({ frame, offset });
    this.#bytes += frame.length;
  }

  /** Appends the frame that stands for all messages up to an offset, which cannot be had any more. */
  appendGap(frame: Frame, offset: number): void {
    this.#gapAt = this.top;
    this.append(frame, offset);
  }

  /** Forgets all frames and goes on in another epoch, beginning with the frame that says so. */
  reset(frame: Frame, offset: number): void {
    this.#base = this.top;
    this.#entries = [];
    this.#bytes = 0;
    this.#buffers.clear();
    this.#batches.clear();
    this.#resetAt = this.#base;
    // In the new epoch nothing has been seen before the frame of the reset itself.
    this.#baseOffset = 0;
    this.append(frame, offset);
  }

  /** The last offset before a position that is not below {@link base}. */
  offsetBefore(position: number): number {
    return this.#entries[position - this.#base - 1]?.offset ?? this.#baseOffset;
  }

  /** The first position whose offset is above the given one; {@link top} where there is none yet. */
  positionAfter(offset: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.offset ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return this.#base + low;
  }

  /** The frames from one position up to another: the same object for everyone who asks for the same before a trim. */
  batch(from: number, to: number): LogBatch {
    const known = this.#batches.get(from);
    if (known?.asked === to) return known;
    const frames: Frame[] = [];
    let bytes = 0;
    for (const { frame } of this.#entries.slice(from - this.#base, to - this.#base)) {
      bytes += frame.length;
      if (bytes > PART_BYTES && frames.length > 0) break;
      frames.push(frame);
    }
    const end = from + frames.length;
    const batch = new LogBatch(frames, end, this.offsetBefore(end), to);
    this.#batches.set(from, batch);
    return batch;
  }

  /** Drops what is over the capacity, but nothing at or after `flushed`: that nobody has been offered yet. */
  trim(flushed: number): void {
    const { frames, bytes } = this.#capacity;
    this.#drop(flushed, (kept) => kept > frames || this.#bytes > bytes);
  }

  /** Drops frames until it holds this many bytes less, with the same exception as {@link trim}. */
  shed(bytes: number, flushed: number): void {
    const most = this.held - bytes;
    this.#drop(flushed, (kept) => ENTRY_BYTES * kept + this.#buffers.bytes > most);
  }

  /** Drops the oldest frames as long as those that are kept are too many. */
  #drop(flushed: number, tooMany: (kept: number) => boolean): void {
    this.#batches.clear();
    const { length } = this.#entries;
    let gone = 0;
    while (this.#base + gone < flushed && tooMany(length - gone)) {
      this.#bytes -= this.#entries[gone++]?.frame.length ?? 0;
      this.#buffers.dropBefore(this.#base + gone);
    }
    if (gone === 0) return;
    this.#baseOffset = this.offsetBefore(this.#base + gone);
    this.#base += gone;
    this.#entries.splice(0, gone);
    if (gone === length) this.#buffers.clear();
  }
}
