import { createHash } from 'node:crypto';
import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { asList, asText } from './connection.js';
import { ID_LENGTH } from './payload.js';

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

/** What became of one message. `stored` is there where the log took it with this call. */
export interface Outcome {
  readonly message: Outgoing;
  readonly result: PublishResult;
  readonly stored?: { readonly epoch: string; readonly offset: number; readonly frame: Frame };
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

/** A room's arguments of the publish script. */
export function argumentsOf({ messages }: RoomBatch, name: string): (string | number | Buffer)[] {
  const args: (string | number | Buffer)[] = [name, messages.length];
  for (const { publication } of messages) {
    const { head, tail, once, id, ts } = publication;
    args.push(Buffer.concat([head, tail]), head.length);
    if (once) args.push(once.key, digest(once.content), `${ts} ${id}`);
    else args.push('', '', '');
  }
  return args;
}

/** Reads a room's part of the answer. */
export function outcomesOf({ messages }: RoomBatch, reply: unknown): Outcome[] {
  const [epochReply, ...results] = asList(reply);
  const epoch = asText(epochReply);
  if (epoch.length !== ID_LENGTH || results.length !== messages.length) {
    throw new Error(`publish script: expected ${messages.length} results, got ${results.length}`);
  }
  return messages.map((message, index) => outcomeOf(message, epoch, results[index]));
}

function outcomeOf(message: Outgoing, epoch: string, result: unknown): Outcome {
  const { id, ts, head, tail } = message.publication;
  if (typeof result === 'number') {
    const frame = Buffer.concat([head, Buffer.from(`,"offset":${result}`), tail]);
    return {
      message,
      result: published(id, ts, epoch, result),
      stored: { epoch, offset: result, frame },
    };
  }
  const text = asText(result);
  if (text === 'C') return { message, result: { status: 'conflict' } };
  if (!text.startsWith('D')) return { message, result: { status: 'unavailable' } };
  const [offset, firstTs, firstId] = text.slice(1).split(' ');
  return { message, result: published(firstId ?? id, Number(firstTs), epoch, Number(offset)) };
}

function published(id: string, ts: number, epoch: string, offset: number): PublishResult {
  return { status: 'published', receipt: { id, ts, position: { epoch, offset } } };
}

/** 32 characters that stand for a content. */
function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
