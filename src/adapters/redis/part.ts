import { hash } from 'node:crypto';
import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { exactBytes } from '../node/exact-bytes.js';

/** Whoever reads one message of an entry of the log reads the whole entry. */
const PART_MESSAGES = 64;
const PART_BYTES = 65_536;
/** What a UTF-16 unit takes in UTF-8. */
const MOST_BYTES = 3;

/** A publication on its way: what its receipt will say, and whom to tell. */
export interface Waiting {
  readonly id: string;
  readonly ts: number;
  readonly resolve: (result: PublishResult) => void;
}

/**
 * Messages of one channel that enter its log together, as one entry, and are told in one payload. They are bytes as soon
 * as they are added: text that waits for Redis would be copied again and again by the garbage collector.
 */
export class Part {
  readonly channel: Channel;
  readonly waiting: Waiting[] = [];
  readonly #most: number;
  #bytes = Buffer.alloc(0);
  #end = 0;
  /** Of each message: the bytes of its first half and of its second. */
  readonly #lengths: number[] = [];
  readonly #memos: Buffer[] = [];

  /** @param historyBytes bytes of messages that the log keeps: an entry is either kept or not */
  constructor(channel: Channel, historyBytes: number) {
    this.channel = channel;
    this.#most = Math.min(PART_BYTES, historyBytes);
  }

  /** Whether a message still fits; any does where there is none yet. */
  fits({ head, tail }: Publication): boolean {
    const { length } = this.waiting;
    return length === 0 || (length < PART_MESSAGES && this.#end + head.length + tail.length <= this.#most);
  }

  /** Takes a message that fits, and answers its bytes. */
  add({ id, ts, head, tail, once }: Publication, resolve: Waiting['resolve']): number {
    this.#reserve(head, tail);
    const first = this.#bytes.write(head, this.#end);
    const second = this.#bytes.write(tail, this.#end + first);
    this.#end += first + second;
    this.#lengths.push(first, second);
    if (once) this.#memos.push(memo(this.waiting.length, once.key, `${digest(once.content)}${ts} ${id}`));
    this.waiting.push({ id, ts, resolve });
    return first + second;
  }

  /** Its arguments of the publish script, which says how they are laid out. */
  arguments(name: string): (string | number | Buffer)[] {
    const lengths = Buffer.allocUnsafe(4 * this.#lengths.length);
    for (const [index, length] of this.#lengths.entries()) lengths.writeUInt32BE(length, 4 * index);
    return [name, this.waiting.length, lengths, this.#bytes.subarray(0, this.#end), Buffer.concat(this.#memos)];
  }

  /** The frames as the log has them if it has taken all, from an offset on. */
  frames(first: number): Frame[] {
    const places = this.waiting.map((_, index) => `,"offset":${first + index}`);
    const whole = Buffer.allocUnsafe(places.reduce((sum, place) => sum + place.length, this.#end));
    let from = 0;
    let at = 0;
    return places.map((place, index) => {
      const start = at;
      const half = from + (this.#lengths[2 * index] ?? 0);
      const end = half + (this.#lengths[2 * index + 1] ?? 0);
      at += this.#bytes.copy(whole, at, from, half);
      at += whole.write(place, at, 'latin1');
      at += this.#bytes.copy(whole, at, half, end);
      from = end;
      return whole.subarray(start, at);
    });
  }

  #reserve(head: string, tail: string): void {
    // What surely fits need not be measured.
    if (this.#end + MOST_BYTES * (head.length + tail.length) <= this.#bytes.length) return;
    const needed = this.#end + Buffer.byteLength(head) + Buffer.byteLength(tail);
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, needed));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
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
