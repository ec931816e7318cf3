import { Type } from 'typebox';
import type { ErrorCode } from '../../domain/errors.js';
import { closed, Epoch, EventType, Offset, RequestId, Room, Timestamp, User } from './parts.js';

const room = Type.Optional(Room);
const re = Type.Optional(RequestId);
const Sequenced = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Place in the log.',
});

const messageFields = {
  room,
  id: Type.Optional(Type.String({ description: 'Absent for a message that another program put on the channel.' })),
  from: Type.Optional(User),
  ts: Timestamp,
  offset: Type.Optional(Sequenced),
  data: Type.Unknown(),
};

export const Message = Type.Object(
  { type: EventType, ...messageFields },
  {
    description:
      'A message as every member sees it; without `room` it went to every connection. No `offset` where the server ' +
      'keeps no history or another program sent it.',
  },
);

export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    data: Type.Object({
      protocol: Type.Literal(1),
      connection: Type.String({ examples: ['c_V1StGXR8_Z5jdHi6'] }),
      user: User,
      session: Type.Optional(Type.String({ description: 'A guest’s own secret, to come back as the same user.' })),
      global: Type.Optional(
        Type.Object({ epoch: Epoch, offset: Offset }, { description: 'Where the global channel stands.' }),
      ),
      limits: Type.Object({
        messageBytes: Type.Integer({ description: 'Longest text frame that a client may send.' }),
        roomsPerConnection: Type.Integer(),
      }),
      heartbeatMs: Type.Integer(),
    }),
  },
  { description: 'Always the first frame.' },
);

export const MessageAck = Type.Object(
  {
    type: Type.Literal('ack'),
    re: RequestId,
    data: Type.Object({
      id: Type.String(),
      epoch: Type.Optional(Epoch),
      offset: Type.Optional(Sequenced),
      ts: Timestamp,
    }),
  },
  { description: 'The message is stored and will be delivered.' },
);

export const DroppedAck = Type.Object(
  { type: Type.Literal('ack'), re: RequestId, data: Type.Object({ dropped: Type.Literal(true) }) },
  { description: 'The service’s own rule took the message and dropped it.' },
);

export const JoinAck = Type.Object(
  {
    type: Type.Literal('ack'),
    re,
    data: Type.Object({
      room,
      epoch: Type.Optional(Epoch),
      offset: Type.Optional(Offset),
      recovered: Type.Optional(Type.Boolean({ description: 'Only where `since` was given: nothing is missing.' })),
    }),
  },
  {
    description: 'Member now: everything published from here on arrives. The global channel’s has no `room`.',
  },
);

export const LeaveAck = Type.Object(
  { type: Type.Literal('ack'), re: RequestId, data: Type.Object({ room: Room }) },
  { description: 'No message of the room follows.' },
);

export const HistoryAck = Type.Object(
  {
    type: Type.Literal('ack'),
    re: RequestId,
    data: Type.Object({
      room,
      epoch: Epoch,
      messages: Type.Array(Message, {
        description: 'Oldest first; at most 256 KiB, but at least one if there is any.',
      }),
      more: Type.Boolean({ description: 'Further ones lie in the direction asked for.' }),
    }),
  },
  { description: 'Stored messages.' },
);

export const AuthAck = Type.Object(
  { type: Type.Literal('ack'), re: RequestId, data: Type.Object({}, closed) },
  { description: 'The new token counts from here on.' },
);

const errorCodes = {
  bad_json: 'not parseable',
  bad_request: 'no object, unknown key, wrong type or shape, bad `type` name or `id`, `data` too deep',
  room_name: 'not a room name',
  not_a_member: 'needs a join first',
  too_many_rooms: 'the connection is in as many rooms as it may be',
  forbidden: 'not allowed',
  unauthorized: 'no or bad token',
  unsupported: 'known, but not by this server or not in this mode',
  conflict: 'the same id was used for another content',
  rate_limited:
    'too much at once: frames, their text, messages to everybody or new rooms; `retryAfterMs` says when to go on',
  too_large: 'the outgoing frame would exceed 128 KiB',
  unavailable: 'the broker is away; with `maybe` the outcome is unknown and sending again with the same id settles it',
  internal: 'a fault of the server',
} as const satisfies Readonly<Record<ErrorCode, string>>;

export const ErrorFrame = Type.Object(
  {
    type: Type.Literal('error'),
    re,
    data: Type.Object({
      code: Type.Enum(Object.keys(errorCodes), {
        description: Object.entries(errorCodes)
          .map(([code, when]) => `- \`${code}\`: ${when}`)
          .join('\n'),
      }),
      message: Type.String(),
      retryable: Type.Boolean(),
      retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
      maybe: Type.Optional(Type.Literal(true)),
    }),
  },
  {
    description: 'The request failed: a message was not and will not be delivered, but for `maybe`.',
  },
);

export const Pong = Type.Object(
  { type: Type.Literal('pong'), re },
  { description: 'Answers `ping`, with `re` if it had an `id`.' },
);

export const Gap = Type.Object(
  {
    type: Type.Literal('gap'),
    room,
    data: Type.Union([
      Type.Object({
        cause: Type.Enum(['slow_consumer', 'expired', 'reset']),
        from: Offset,
        to: Offset,
        epoch: Epoch,
      }),
      Type.Object({ cause: Type.Literal('slow_consumer'), missed: Type.Integer({ minimum: 1 }) }),
    ]),
  },
  {
    description:
      'Messages `from..to` will not come by themselves. `slow_consumer`: this connection read too slowly; `expired`: ' +
      'retention has dropped them; `reset`: a new epoch begins. Without history only their number is known.',
  },
);

export const Draining = Type.Object(
  {
    type: Type.Literal('draining'),
    data: Type.Object({ reconnectAfterMs: Type.Integer({ minimum: 0 }) }),
  },
  { description: 'This pod shuts down soon: reconnect after the delay, and resume.' },
);

/** Every frame that the server sends, by the name it has in the API description. */
export const serverFrames = {
  Welcome,
  Message,
  MessageAck,
  DroppedAck,
  JoinAck,
  LeaveAck,
  HistoryAck,
  AuthAck,
  ErrorFrame,
  Pong,
  Gap,
  Draining,
} as const;
