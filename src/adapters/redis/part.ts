import { hash } from 'node:crypto';
import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { exactBytes } from '../node/exact-bytes.js';
import { tight } from '../node/tight.js';
import { framesOf, headerLength, writeHeader, type Place } from './payload.js';

/** Whoever reads one message of an entry of the log reads the whole entry. */
const PART_MESSAGES = 64;
const PART_BYTES = 65_536;
/** What a UTF-16 unit takes in UTF-8. */
const MOST_BYTES = 3;

const NAME = Buffer.from(',"offset":');
const ZERO = 0x30;
const EMPTY = Buffer.from('');
/** Where the frames begin: before them there is room for the largest header. */
const FRAMES_AT = headerLength(PART_MESSAGES);

/** A publication on its way: what its receipt will say, and whom to tell. */
export interface Waiting {
  readonly id: string;
  readonly ts: number;
  readonly resolve: (result: PublishResult) => void;
}

/**
 * Messages of one channel that enter its log together, as one entry, and are told in one payload. They are bytes as soon
 * as they are added: text that waits for Redis would be copied again and again by the garbage collector. And they are
 * the payload already, but for its header and the offsets, whose digits are written when there is a guess.
 */
export class Part {
  readonly channel: Channel;
  readonly waiting: Waiting[] = [];
  readonly #digits: number;
  readonly #most: number;
  #bytes = EMPTY;
  #end = FRAMES_AT;
  /** Where the offset of each message stands, and where its frame ends. */
  readonly #offsets: number[] = [];
  readonly #ends: number[] = [];
  readonly #memos: Buffer[] = [];

  /**
   * @param next the offset that the log will give next, as far as can be told: there is room for as many digits
   * @param historyBytes bytes of messages that the log keeps: an entry is either kept or not
   */
  constructor(channel: Channel, next: number, historyBytes: number) {
    this.channel = channel;
    this.#digits = digitsOf(next);
    this.#most = Math.min(PART_BYTES, historyBytes);
  }

  /** Whether a message still fits; any does where there is none yet. */
  fits({ head, tail }: Publication): boolean {
    const { length } = this.waiting;
    const size = head.length + NAME.length + this.#digits + tail.length;
    return length === 0 || (length < PART_MESSAGES && this.#end - FRAMES_AT + size <= this.#most);
  }

  /** Takes a message that fits, and answers its bytes. */
  add({ id, ts, head, tail, once }: Publication, resolve: Waiting['resolve']): number {
    this.#reserve(head, tail);
    const start = this.#end;
    const name = start + this.#bytes.write(head, start);
    const offset = name + NAME.copy(this.#bytes, name);
    const behind = offset + this.#digits;
    this.#end = behind + this.#bytes.write(tail, behind);
    this.#offsets.push(offset);
    this.#ends.push(this.#end);
    if (once) this.#memos.push(memo(this.waiting.length, once.key, `${digest(once.content)}${ts} ${id}`));
    this.waiting.push({ id, ts, resolve });
    return this.#end - start;
  }

  /**
   * Its arguments of the publish script, which says how they are laid out.
   *
   * @param guess where the log will take it, unless somebody else speaks in the channel meanwhile
   */
  arguments(name: string, guess: Place): (string | Buffer)[] {
    const first = this.#number(guess.first) ? guess.first : 0;
    const { length } = this.waiting;
    const lengths = Array<number>(length);
    const layout = Buffer.allocUnsafe(4 + 4 * length);
    layout.writeUInt32BE(NAME.length + this.#digits, 0);
    for (let index = 0; index < length; index++) {
      const start = this.#start(index);
      lengths[index] = (this.#ends[index] ?? start) - start;
      layout.writeUInt32BE((this.#offsets[index] ?? start) - NAME.length - start, 4 * index + 4);
    }
    const payload = this.#payload;
    writeHeader(payload, { ...guess, first }, lengths);
    return [name, payload, layout, Buffer.concat(this.#memos)];
  }

  /** The frames as the log has them if it has taken all, from an offset on. */
  frames(first: number): Frame[] {
    if (this.#number(first)) return framesOf(tight(this.#payload), this.waiting.length);
    return this.#offsets.map((at, index) => {
      const [before, behind] = [this.#bytes.subarray(this.#start(index), at), at + this.#digits];
      const after = this.#bytes.subarray(behind, this.#ends[index]);
      return tight(Buffer.concat([before, Buffer.from(`${first + index}`), after]));
    });
  }

  get #payload(): Buffer {
    return this.#bytes.subarray(FRAMES_AT - headerLength(this.waiting.length), this.#end);
  }

  #start(index: number): number {
    return this.#ends[index - 1] ?? FRAMES_AT;
  }

  /** Writes the offsets, if they are some, and have the digits that there is room for. */
  #number(first: number): boolean {
    const last = first + (this.waiting.length - 1);
    if (first < 1 || !Number.isSafeInteger(last)) return false;
    if (digitsOf(first) !== this.#digits || digitsOf(last) !== this.#digits) return false;
    const bytes = this.#bytes;
    let next = first;
    for (const start of this.#offsets) {
      let rest = next++;
      for (let at = start + this.#digits - 1; at >= start; at--) {
        bytes[at] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
    }
    return true;
  }

  #reserve(head: string, tail: string): void {
    const free = this.#bytes.length - this.#end - NAME.length - this.#digits;
    // What surely fits need not be measured.
    if (MOST_BYTES * (head.length + tail.length) <= free) return;
    const missing = Buffer.byteLength(head) + Buffer.byteLength(tail) - free;
    if (missing <= 0) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#bytes.length + missing));
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}

function digitsOf(number: number): number {
  return String(number).length;
}

/** Which message it is of, the lengths of key and text, then both. */
function memo(index: number, key: string, text: string): Buffer {
  const header = Buffer.allocUnsafe(12);
  const name = exactBytes(key);
  header.writeUInt32BE(index + 1, 0);
  header.writeUInt32BE(name.length, 4);
  header.writeUInt32BE(Buffer.byteLength(text), 8);
  return Buffer.concat([header, name, Buffer.from(text)]);
}

/** 32 characters that stand for a content. */
function digest(content: string): string {
  return hash('sha256', exactBytes(content)).slice(0, 32);
}
