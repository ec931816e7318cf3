import { hash } from 'node:crypto';
import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { asList, asText } from './connection.js';
import type { Arrival } from './feed.js';
import { ID_LENGTH } from './payload.js';

/** Four lengths of four bytes each. */
const HEADER = 16;
/** `,"offset":` and the largest offset. */
const MIDDLE = 26;

/** A publication on its way, and whom to tell what became of it. */
export interface Outgoing {
  readonly channel: Channel;
  readonly publication: Publication;
  /** Milliseconds of a monotonic clock by which it has to be answered. */
  readonly deadline: number;
  readonly resolve: (result: PublishResult) => void;
}

/** A room's part of a script call. */
export interface RoomBatch {
  readonly channel: Channel;
  readonly messages: readonly Outgoing[];
}

/** What became of a room's part of a call. */
export interface Outcome {
  /** For each message, in order. */
  readonly results: readonly PublishResult[];
  /** What the log took with this call; `undefined` where that is nothing. */
  readonly stored: Arrival | undefined;
}

/** Sorts a turn's messages by room; their order within each is kept. */
export function groupByRoom(messages: readonly Outgoing[]): RoomBatch[] {
  const rooms = new Map<Channel, Outgoing[]>();
  for (const message of messages) {
    const room = rooms.get(message.channel);
    if (room) room.push(message);
    else rooms.set(message.channel, [message]);
  }
  return [...rooms].map(([channel, batch]) => ({ channel, messages: batch }));
}

/** A room's arguments of the publish script, which says how they are laid out. */
export function argumentsOf({ messages }: RoomBatch, name: string): (string | number | Buffer)[] {
  const memos = messages.map(({ publication }) => memoOf(publication));
  const packed = Buffer.allocUnsafe(
    messages.reduce((sum, { publication }, index) => sum + HEADER + weight(publication) + lengthOf(memos[index]), 0),
  );
  let at = 0;
  for (const [index, { publication }] of messages.entries()) at = pack(packed, at, publication, memos[index]);
  return [name, messages.length, packed];
}

/** Bytes of a message's two halves. */
export function weight({ head, tail }: Publication): number {
  return head.length + tail.length;
}

/** What is remembered of a message that has an id: under which key, and what of it. */
interface Memo {
  readonly key: Buffer;
  readonly value: Buffer;
}

function memoOf({ once, id, ts }: Publication): Memo | undefined {
  return once && { key: Buffer.from(once.key), value: Buffer.from(`${digest(once.content)}${ts} ${id}`) };
}

function lengthOf(memo: Memo | undefined): number {
  return memo ? memo.key.length + memo.value.length : 0;
}

function pack(packed: Buffer, start: number, { head, tail }: Publication, memo: Memo | undefined): number {
  let at = packed.writeUInt32BE(head.length, start);
  at = packed.writeUInt32BE(tail.length, at);
  at = packed.writeUInt32BE(memo?.key.length ?? 0, at);
  at = packed.writeUInt32BE(memo?.value.length ?? 0, at);
  at = put(packed, at, head);
  at = put(packed, at, tail);
  return memo ? put(packed, put(packed, at, memo.key), memo.value) : at;
}

function put(into: Buffer, at: number, bytes: Uint8Array): number {
  into.set(bytes, at);
  return at + bytes.length;
}

/** Reads a room's part of the answer. */
export function outcomeOf({ messages }: RoomBatch, reply: unknown): Outcome {
  const [epochReply, ...answers] = asList(reply);
  const epoch = asText(epochReply);
  if (epoch.length !== ID_LENGTH || answers.length !== messages.length) {
    throw new Error(`publish script: expected ${messages.length} results, got ${answers.length}`);
  }
  const results = messages.map(({ publication }, index) => resultOf(publication, epoch, answers[index]));
  return { results, stored: storedOf(messages, epoch, answers) };
}

/** The frames as the script has stored them: those with an offset of their own, which follow one another. */
function storedOf(messages: readonly Outgoing[], epoch: string, answers: readonly unknown[]): Arrival | undefined {
  const first = answers.find((answer) => typeof answer === 'number');
  if (first === undefined) return undefined;
  const whole = Buffer.allocUnsafe(messages.reduce((sum, { publication }) => sum + weight(publication) + MIDDLE, 0));
  const frames: Frame[] = [];
  let at = 0;
  for (const [index, { publication }] of messages.entries()) {
    if (typeof answers[index] !== 'number') continue;
    const start = at;
    at = put(whole, at, publication.head);
    at += whole.write(`,"offset":${answers[index]}`, at, 'latin1');
    at = put(whole, at, publication.tail);
    frames.push(whole.subarray(start, at));
  }
  return { epoch, first, frames };
}

function resultOf({ id, ts }: Publication, epoch: string, answer: unknown): PublishResult {
  if (typeof answer === 'number') return published(id, ts, epoch, answer);
  const text = asText(answer);
  if (text === 'C') return { status: 'conflict' };
  if (!text.startsWith('D')) return { status: 'unavailable' };
  const [offset, firstTs, firstId] = text.slice(1).split(' ');
  return published(firstId ?? id, Number(firstTs), epoch, Number(offset));
}

function published(id: string, ts: number, epoch: string, offset: number): PublishResult {
  return { status: 'published', receipt: { id, ts, position: { epoch, offset } } };
}

/** 32 characters that stand for a content. */
function digest(content: string): string {
  return hash('sha256', content).slice(0, 32);
}
