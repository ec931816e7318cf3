import { Type } from 'typebox';
import { closed, Data, Epoch, EventType, HISTORY_LIMIT, Offset, RequestId, Room } from './parts.js';

const id = Type.Optional(RequestId);
const room = Type.Optional(Room);
const data = Type.Optional(Data);

const Since = Type.Object({ epoch: Epoch, offset: Offset }, { ...closed, description: 'The last message received.' });

export const ChatRequest = Type.Object(
  { type: Type.Optional(Type.Enum(['chat', ''])), room, data: Data, id },
  {
    ...closed,
    description:
      'A message to all members of the room or, without `room`, to every connection. ' +
      'A missing or empty type means `chat`.',
  },
);

export const EventRequest = Type.Object(
  { type: EventType, room, data: Data, id },
  { ...closed, description: 'An application event: a message with a type of its own.' },
);

export const JoinRequest = Type.Object(
  {
    type: Type.Literal('join'),
    room: Room,
    data: Type.Optional(Type.Object({ since: Type.Optional(Since) }, closed)),
    id,
  },
  {
    ...closed,
    description: 'Become a member of the room; with `since`, resume after that message. Always acked.',
  },
);

export const ResumeRequest = Type.Object(
  { type: Type.Literal('join'), data: Type.Object({ since: Since }, closed), id },
  { ...closed, description: 'Resume the global channel after the message `since`.' },
);

export const LeaveRequest = Type.Object(
  { type: Type.Literal('leave'), room: Room, data, id },
  { ...closed, description: 'Stop being a member of the room.' },
);

const bound = Type.Optional(Offset);
const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: HISTORY_LIMIT.maximum, default: HISTORY_LIMIT.default }),
);

export const HistoryRequest = Type.Object(
  {
    type: Type.Literal('history'),
    room,
    data: Type.Optional(Type.Object({ before: bound, after: bound, limit }, closed)),
    id,
  },
  {
    ...closed,
    description:
      'Stored messages of the room, or of the global channel. The bounds are exclusive and combine; ' +
      'with `after` the oldest such, otherwise the newest.',
  },
);

export const PingRequest = Type.Object(
  { type: Type.Literal('ping'), room, data, id },
  { ...closed, description: 'Answered by `pong`, for clients that can’t send WebSocket pings.' },
);

export const TypingRequest = Type.Object(
  { type: Type.Literal('typing'), room: Room, data, id },
  {
    ...closed,
    description: 'Tells the members of the room that this user types. Answered `unsupported` so far.',
  },
);

export const PresenceRequest = Type.Object(
  { type: Type.Literal('presence'), room: Room, data, id },
  { ...closed, description: 'Asks who is in the room. Answered `unsupported` so far.' },
);

export const AuthRequest = Type.Object(
  { type: Type.Literal('auth'), room, data: Type.Object({ token: Type.String() }, closed), id },
  {
    ...closed,
    description: 'Renews the token of this connection. Answered `unsupported` where auth is off.',
  },
);

/** Shape of a request that has a reserved name and is none: only its envelope is judged. */
export const Envelope = Type.Object({ type: Type.String(), room, data, id }, closed);

/** Every frame that a client may send, by the name it has in the API description. */
export const clientFrames = {
  ChatRequest,
  EventRequest,
  JoinRequest,
  ResumeRequest,
  LeaveRequest,
  HistoryRequest,
  PingRequest,
  TypingRequest,
  PresenceRequest,
  AuthRequest,
} as const;
