import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Position } from '../../ports/broadcast-port.js';
import type { Request } from '../../ports/codec-port.js';
import {
  AuthRequest,
  Envelope,
  HistoryRequest,
  JoinRequest,
  LeaveRequest,
  PingRequest,
  PresenceRequest,
  ResumeRequest,
  TypingRequest,
} from './client-frames.js';
import { RESERVED_TYPES } from '../../domain/names.js';
import { Data, HISTORY_LIMIT, RequestId, Room, closed } from './parts.js';

/** One shape of frame, and the request that it becomes. */
export interface Verb {
  readonly schema: TSchema;
  /** `undefined` where the frame is of another shape. */
  decode(frame: unknown): Request | undefined;
}

function verb<S extends TObject>(schema: S, request: (frame: Static<S>) => Request): Verb {
  const validator = Compile(schema);
  return { schema, decode: (frame) => (validator.Check(frame) ? request(frame) : undefined) };
}

/** Members that are absent stay absent: `exactOptionalPropertyTypes` and cheap equality both want it so. */
function common({ room, id }: { room?: string; id?: string }): { room?: string; id?: string } {
  const members: { room?: string; id?: string } = {};
  if (room !== undefined) members.room = room;
  if (id !== undefined) members.id = id;
  return members;
}

function join(frame: { room?: string; id?: string; data?: { since?: Position } }): Request {
  const since = frame.data?.since;
  return since ? { verb: 'join', ...common(frame), since } : { verb: 'join', ...common(frame) };
}

function history(frame: Static<typeof HistoryRequest>): Request {
  const { after, before, limit = HISTORY_LIMIT.default } = frame.data ?? {};
  return {
    verb: 'history',
    ...common(frame),
    ...(after === undefined ? undefined : { after }),
    ...(before === undefined ? undefined : { before }),
    limit,
  };
}

function unsupported(frame: { type: string; room?: string; id?: string }): Request {
  return { verb: 'unsupported', ...common(frame), type: frame.type };
}

/** By the time it is checked the type is known to be a good name, so one shape serves `chat` and every event. */
export const eventVerb = verb(
  Type.Object(
    {
      type: Type.Optional(Type.String()),
      room: Type.Optional(Room),
      data: Data,
      id: Type.Optional(RequestId),
    },
    closed,
  ),
  (frame) => ({ verb: 'publish', ...common(frame), type: frame.type || 'chat', data: frame.data }),
);

const unknownVerb = verb(Envelope, unsupported);

const joinRoom = verb(JoinRequest, join);
const resumeGlobal = verb(ResumeRequest, join);

const requests: Readonly<Record<string, Verb | ((frame: object) => Verb)>> = {
  join: (frame) => ('room' in frame || !('data' in frame) ? joinRoom : resumeGlobal),
  leave: verb(LeaveRequest, (frame) => ({ verb: 'leave', ...common(frame) })),
  history: verb(HistoryRequest, history),
  ping: verb(PingRequest, (frame) => ({ verb: 'ping', ...common(frame) })),
  typing: verb(TypingRequest, unsupported),
  presence: verb(PresenceRequest, unsupported),
  auth: verb(AuthRequest, (frame) => ({ verb: 'auth', ...common(frame), token: frame.data.token })),
};

/** Every reserved name. A map, as a type such as `constructor` must find nothing. */
export const verbs: ReadonlyMap<string, (frame: object) => Verb> = new Map(
  RESERVED_TYPES.map((type) => {
    const found = requests[type] ?? unknownVerb;
    return [type, typeof found === 'function' ? found : () => found];
  }),
);
