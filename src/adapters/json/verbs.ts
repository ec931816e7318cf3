import { Type, type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Request, Since } from '../../ports/codec-port.js';
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
import { Data, HISTORY_LIMIT, RequestId, RESERVED_TYPES, Room, closed } from './parts.js';

/** One shape of frame, and the request that it becomes. */
export interface Verb {
  readonly validator: { Check(frame: unknown): boolean; Type(): TSchema };
  /** MUST be called only with a frame that passed the check. */
  request(frame: unknown): Request;
}

function verb<S extends TSchema>(schema: S, request: (frame: Static<S>) => Request): Verb {
  return { validator: Compile(schema), request: (frame) => request(frame as Static<S>) };
}

/** Members that are absent stay absent: `exactOptionalPropertyTypes` and cheap equality both want it so. */
function common({ room, id }: { room?: string; id?: string }): { room?: string; id?: string } {
  const members: { room?: string; id?: string } = {};
  if (room !== undefined) members.room = room;
  if (id !== undefined) members.id = id;
  return members;
}

function join(frame: { room?: string; id?: string; data?: { since?: Since } }): Request {
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
  auth: verb(AuthRequest, unsupported),
};

/** Every reserved name. A map, as a type such as `constructor` must find nothing. */
export const verbs: ReadonlyMap<string, (frame: object) => Verb> = new Map(
  RESERVED_TYPES.map((type) => {
    const found = requests[type] ?? unknownVerb;
    return [type, typeof found === 'function' ? found : () => found];
  }),
);
