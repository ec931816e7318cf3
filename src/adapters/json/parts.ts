import { Type } from 'typebox';
import { RESERVED_TYPES, ROOM_PATTERN, TYPE_PATTERN } from '../../domain/names.js';

/** How deep `data` may be nested; an array or object as `data` itself is level 1. */
export const MAX_DEPTH = 64;

/** Messages that `history` gives where the request names no limit. */
export const HISTORY_LIMIT = { default: 50, maximum: 100 } as const;

/** Objects on the wire that a client writes have no keys but the known ones. */
export const closed = { additionalProperties: false } as const;

export const Room = Type.String({
  description:
    `Name of a room: matches \`${ROOM_PATTERN}\` (flag u), case matters, in NFC. ` +
    'Another string is answered `room_name`.',
  examples: ['lobby'],
});

export const RequestId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The client's own id of the request, chosen at random. A frame with an id gets exactly one answer.",
  examples: ['0b9c6a52-6d1f-4f0e-8a55-2b1d6a3b9f10'],
});

export const EventType = Type.String({
  pattern: TYPE_PATTERN,
  not: { enum: [...RESERVED_TYPES] },
  description: 'Any name that is not reserved: an application event, treated exactly like `chat`.',
  examples: ['reaction'],
});

export const Data = Type.Unknown({
  description: `Any JSON value, null included, nested at most ${MAX_DEPTH} deep.`,
});

export const Offset = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Place in the log of a room: the first message of an epoch has 1, 0 is the place before it.',
});

export const Epoch = Type.String({
  description: 'Name of one life of a room’s log; a new one begins when history was lost.',
});

export const User = Type.Object(
  { id: Type.String(), name: Type.String() },
  { description: 'Who sent it.', examples: [{ id: 'ada', name: 'Ada' }] },
);

export const Timestamp = Type.Integer({
  description: 'Milliseconds since 1970 by the clock of the accepting pod; need not grow with the offset.',
});
