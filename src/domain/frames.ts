import type { Channel, Position, Receipt } from '../ports/broadcast-port.js';
import type { Identity, User } from '../ports/auth-port.js';
import { isRetryable, type Problem } from './errors.js';
import { roomOf } from './names.js';

/** What a message's frame to the client may weigh, in bytes, with room for the largest offset. */
export const MESSAGE_BYTES = 128 * 1024 - 32;

/**
 * The most that a connection is handed at once, in bytes: a batch of a room, a chunk of a replay, an answer of
 * `history`. It holds any single message. `SEND_BUFFER_BYTES` has a minimum that follows from it.
 */
export const PART_BYTES = 256 * 1024;

/** What the server says, as JSON text. One function a type of frame; `undefined` members are left out. */

export interface Welcome {
  readonly connection: string;
  readonly identity: Identity;
  readonly global: Position | undefined;
  readonly messageBytes: number;
  readonly roomsPerConnection: number;
  readonly heartbeatMs: number;
}

export function welcome({
  connection,
  identity,
  global,
  messageBytes,
  roomsPerConnection,
  heartbeatMs,
}: Welcome): string {
  const { user, session } = identity;
  const limits = { messageBytes, roomsPerConnection };
  const data = {
    protocol: 1,
    connection,
    user: publicUser(user),
    session,
    global,
    limits,
    heartbeatMs,
  };
  return JSON.stringify({ type: 'welcome', data });
}

export function ack(re: string | undefined, data: object): string {
  return JSON.stringify({ type: 'ack', re, data });
}

/** The two ends of the ack of a `history` request; the messages go between, as bytes that are JSON already. */
export function ackAround(re: string, data: object, more: boolean): [head: string, tail: string] {
  const whole = ack(re, data);
  return [`${whole.slice(0, -2)},"messages":[`, `],"more":${more}}}`];
}

/** What the client learns of a published message. */
export function receiptData({ id, ts, position }: Receipt): object {
  return { id, epoch: position?.epoch, offset: position?.offset, ts };
}

export function error(re: string | undefined, { code, message, retryAfterMs, maybe }: Problem): string {
  const data = { code, message, retryable: isRetryable(code), retryAfterMs, maybe };
  return JSON.stringify({ type: 'error', re, data });
}

export function pong(re: string | undefined): string {
  return JSON.stringify({ type: 'pong', re });
}

export function draining(reconnectAfterMs: number): string {
  return JSON.stringify({ type: 'draining', data: { reconnectAfterMs } });
}

/** Messages that won't come by themselves: `from..to` of an epoch, or just how many where there are no offsets. */
export type Gap =
  | {
      readonly cause: 'slow_consumer' | 'expired' | 'reset';
      readonly from: number;
      readonly to: number;
      readonly epoch: string;
    }
  | { readonly cause: 'slow_consumer'; readonly missed: number };

export function gap(channel: Channel, data: Gap): string {
  return JSON.stringify({ type: 'gap', room: roomOf(channel), data });
}

export interface Draft {
  readonly type: string;
  readonly channel: Channel;
  readonly id: string;
  /** {@link fromMember} of the sender, or empty. */
  readonly from: string;
  readonly ts: number;
}

/** A message up to the place where a log puts the offset. {@link messageTail} is the rest. */
export function messageHead({ type, channel, id, from, ts }: Draft): string {
  const room = roomOf(channel) === undefined ? '' : `,"room":${JSON.stringify(channel)}`;
  return `{"type":"${type}"${room},"id":"${id}"${from},"ts":${ts}`;
}

/** @param data JSON text */
export function messageTail(data: string): string {
  return `,"data":${data}}`;
}

/** The `from` member of a user's messages: made once a connection, as it is the same in all of them. */
export function fromMember(user: User): string {
  return `,"from":${JSON.stringify(publicUser(user))}`;
}

/** A message that no log knows, from another program. */
export function ephemeral(message: {
  readonly type: string;
  readonly channel: Channel;
  readonly from?: User;
  readonly ts: number;
  readonly data: unknown;
}): string {
  const { type, channel, from, ts, data } = message;
  return JSON.stringify({ type, room: roomOf(channel), from: from && publicUser(from), ts, data });
}

/**
 * A message to one connection, from nobody.
 *
 * @param data JSON text
 */
export function direct(type: string, ts: number, data: string): string {
  return `{"type":"${type}","ts":${ts}${messageTail(data)}`;
}

function publicUser({ id, name }: User): User {
  return { id, name };
}
