import type { Channel } from '../ports/broadcast-port.js';
import type { Problem } from './errors.js';

/** The channel of messages without a room. No room can have this name. */
export const GLOBAL: Channel = '';

/** The WebSocket subprotocol of this wire protocol. */
export const SUBPROTOCOL = 'hubbub.v1';

/** What the name of a room looks like, as a regular expression with the flag `u`. */
export const ROOM_PATTERN = '^[\\p{L}\\p{Nd}][\\p{L}\\p{M}\\p{Nd}._:#@-]{0,127}$';
const ROOM = new RegExp(ROOM_PATTERN, 'u');
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
/** What the ids of guests begin with, and of nobody else. */
export const GUEST_PREFIX = 'guest-';
/** What a guest's secret looks like, as a regular expression: unreserved in a URL (RFC 3986), so that no query escapes it. */
export const SESSION_PATTERN = '^[A-Za-z0-9._~-]{22,64}$';
/** The most code points that a user's id may have. */
export const USER_ID_LENGTH = 255;
/** The most code points that a display name may have. */
export const NAME_LENGTH = 64;
/** What can't be seen makes twins of names and breaks lines of logs; U+FFFD stands for bytes that were no text. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;

/** Letters and marks that show nothing: the protocol allows them in names, but an id with one is the twin of another. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;

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

/** Whether a type may have this name, reserved or not. */
export function isTypeName(name: string): boolean {
  return TYPE.test(name);
}

/** Whether a message may be of this type: `chat` or an application's own event. */
export function isMessageType(type: unknown): type is string {
  return typeof type === 'string' && isTypeName(type) && !RESERVED.has(type);
}

export function isUserId(id: unknown): id is string {
  return typeof id === 'string' && isVisible(id, USER_ID_LENGTH) && !IGNORABLE.test(id);
}

export function userIdProblem(id: unknown): Problem | undefined {
  if (isUserId(id)) return undefined;
  return { code: 'bad_request', message: `a user id is 1 to ${USER_ID_LENGTH} visible characters` };
}

/** What a user is called whose name cannot be shown. */
export function nameOfId(id: string): string {
  return Array.from(id.normalize('NFC')).slice(0, NAME_LENGTH).join('');
}

/** @param most code points */
function isVisible(text: string, most: number): boolean {
  return text !== '' && Array.from(text).length <= most && !INVISIBLE.test(text);
}

/** The `room` member of a frame: the global channel has none. */
export function roomOf(channel: Channel): string | undefined {
  return channel === GLOBAL ? undefined : channel;
}
