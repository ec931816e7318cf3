import { hash } from 'node:crypto';
import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import { messageText } from '../../domain/message-text.js';
import type { Frame } from '../../ports/frame.js';
import { asList, asText } from './connection.js';
import type { Arrival } from './feed.js';
import { ID_LENGTH } from './payload.js';

/** Four lengths of four bytes each. */
const HEADER = 16;

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
  const parts = messages.map(({ publication }) => partsOf(publication));
  const packed = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + HEADER + bytesOf(part), 0));
  let at = 0;
  for (const part of parts) at = pack(packed, at, part);
  return [name, messages.length, packed];
}

/** Characters of a message's two halves. */
export function weight({ head, tail }: Publication): number {
  return head.length + tail.length;
}

/** The two halves, and what is remembered of a message that has an id: under which key, and what of it. */
type Parts = readonly [head: string, tail: string, key: string, memo: string];

function partsOf({ head, tail, once, id, ts }: Publication): Parts {
  return once ? [head, tail, once.key, `${digest(once.content)}${ts} ${id}`] : [head, tail, '', ''];
}

function bytesOf(parts: Parts): number {
  let bytes = 0;
  for (const part of parts) bytes += Buffer.byteLength(part);
  return bytes;
}

function pack(packed: Buffer, start: number, parts: Parts): number {
  let length = start;
  let at = start + HEADER;
  for (const part of parts) {
    const bytes = packed.write(part, at);
    length = packed.writeUInt32BE(bytes, length);
    at += bytes;
  }
  return at;
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
  const offsets = answers.filter((answer) => typeof answer === 'number');
  const [first] = offsets;
  if (first === undefined) return undefined;
  return {
    epoch,
    first,
    count: offsets.length,
    get frames() {
      return framesOf(messages, answers);
    },
  };
}

/** In one piece of memory: that is the cheapest, and they are dropped at about the same time. */
function framesOf(messages: readonly Outgoing[], answers: readonly unknown[]): Frame[] {
  const texts = messages.flatMap(({ publication }, index) => {
    const answer = answers[index];
    return typeof answer === 'number' ? [messageText(publication, answer)] : [];
  });
  const whole = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  let at = 0;
  return texts.map((text) => whole.subarray(at, (at += whole.write(text, at))));
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
