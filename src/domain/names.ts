import type { Channel } from '../ports/broadcast-port.js';
import type { Problem } from './errors.js';

/** The channel of messages without a room. No room can have this name. */
export const GLOBAL: Channel = '';

const ROOM = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._:#@-]{0,127}$/u;
/** What the name of a message's type looks like, as a regular expression. */
export const TYPE_PATTERN = '^[a-z][a-z0-9_.-]{0,63}$';
/** Types with a meaning of their own, which no message may have. */
export const RESERVED_TYPES = [
  'welcome',
  'ack',
  'error',
  'pong',
  'gap',
  'draining',
  'join',
  'leave',
  'presence',
  'history',
  'typing',
  'ping',
  'auth',
] as const;
const TYPE = new RegExp(TYPE_PATTERN);
const RESERVED: ReadonlySet<string> = new Set(RESERVED_TYPES);
/** Also what stands for bytes that were no text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;

/** Two spellings that look the same must not be two rooms, so a name is refused rather than changed. */
export function isRoomName(name: string): boolean {
  return ROOM.test(name) && name.normalize('NFC') === name;
}

export function roomNameProblem(name: string): Problem | undefined {
  if (isRoomName(name)) return undefined;
  return {
    code: 'room_name',
    message: 'a room name is 1 to 128 letters, digits and ._:#@- in NFC, and begins with a letter or digit',
  };
}

/** Does not say what came: that may be somebody's words, and ends in the log. */
export const TYPE_EXPECTED = `expected a message type that matches ${TYPE_PATTERN} and is not reserved`;

/** Whether a message may be of this type: `chat` or an application's own event. */
export function isMessageType(type: string): boolean {
  return TYPE.test(type) && !RESERVED.has(type);
}

export function isDisplayName(name: string): boolean {
  const length = Array.from(name).length;
  return length >= 1 && length <= 64 && name.normalize('NFC') === name && !INVISIBLE.test(name);
}

/** The `room` member of a frame: the global channel has none. */
export function roomOf(channel: Channel): string | undefined {
  return channel === GLOBAL ? undefined : channel;
}
