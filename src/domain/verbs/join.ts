import type { Position } from '../../ports/broadcast-port.js';
import type { Request } from '../../ports/codec-port.js';
import { UNAVAILABLE, type Problem } from '../errors.js';
import { gap, type Gap } from '../frames.js';
import { readAtCost } from '../look.js';
import { ASKING, Member } from '../member.js';
import { GLOBAL, roomNameProblem, roomOf } from '../names.js';
import { Replay, REPLAY_PAGE } from '../replay.js';
import type { Room } from '../room.js';
import type { Session } from '../session.js';
import { memberOf, noMember } from './membership.js';

type JoinRequest = Request & { verb: 'join' };

/** Makes the client a member, and where it has a place to go on from, brings it everything since. */
export function join(session: Session, request: JoinRequest): void | Promise<void> {
  const { id, room, since } = request;
  const known = memberOf(session, room);
  const problem = (known ? undefined : strangerProblem(session, room)) ?? rateProblem(session, request);
  if (problem) return session.refuse(id, problem);
  if (known) return since ? resume(session, known, id, since) : ackJoin(session, known.room, id);
  const held = session.services.rooms.hold(room ?? GLOBAL);
  if (held instanceof Promise) return held.then((opened) => enter(session, request, opened));
  return enter(session, request, held);
}

function strangerProblem(session: Session, room: string | undefined): Problem | undefined {
  if (room === undefined) return noMember(room);
  const max = session.services.options.roomsPerConnection;
  const bad = roomNameProblem(room);
  if (bad) return bad;
  if (session.rooms.length >= max) return { code: 'too_many_rooms', message: `a connection may be in ${max} rooms` };
  return undefined;
}

function rateProblem(session: Session, { room, since }: JoinRequest): Problem | undefined {
  const { rates, rooms } = session.services;
  // A room that nobody here is in may be new: the broker begins to listen to it.
  const isNew = rooms.get(room ?? GLOBAL) === undefined;
  return rates.charge(session, { rooms: isNew ? 1 : 0, reads: since ? 1 : 0 });
}

function enter(session: Session, { id, since }: JoinRequest, room: Room | undefined): void | Promise<void> {
  if (!room) return session.refuse(id, UNAVAILABLE);
  if (!session.open) return session.services.rooms.release(room);
  const member = new Member(session, room);
  session.enter(member);
  return since ? resume(session, member, id, since, true) : ackJoin(session, room, id);
}

function ackJoin(session: Session, room: Room, re: string | undefined, outcome: object = {}): void {
  const { epoch, offset } = room.position ?? {};
  session.ack(re, { room: roomOf(room.channel), epoch, offset, ...outcome });
}

/** Starts the channel over for a member, as far as the broker still has it. */
async function resume(
  session: Session,
  member: Member,
  re: string | undefined,
  since: Position,
  isNew = false,
): Promise<void> {
  const { broadcaster, encode, rates, scheduler } = session.services;
  const { room } = member;
  if (!broadcaster.traits.sequenced) return ackJoin(session, room, re, { recovered: false });
  const before = { replay: member.replay, epoch: room.position?.epoch };
  // Nothing live may come between the ack and what is replayed.
  member.replay = ASKING;
  const read = readAtCost(session, broadcaster, rates);
  const page = await read(room.channel, { after: since.offset, ...REPLAY_PAGE });
  if (!session.open) return;
  // A broker that has begun another epoch is about to tell this room of it: only then is there a place to go on from.
  if (page.status === 'unavailable' || page.position.epoch !== room.position?.epoch) {
    // It goes on where it was: in the middle of another replay perhaps, unless a reset has made that void.
    member.replay = room.position?.epoch === before.epoch ? before.replay : undefined;
    if (isNew) session.drop(member);
    else member.advance();
    return session.refuse(re, UNAVAILABLE);
  }
  const { epoch, offset } = page.position;
  if (epoch !== since.epoch || since.offset > offset) return startOver(session, member, re);
  const first = page.entries[0]?.offset ?? offset + 1;
  const recovered = first === since.offset + 1;
  ackJoin(session, room, re, { epoch, offset, recovered });
  if (!recovered) sayGap(session, room, { cause: 'expired', from: since.offset + 1, to: first - 1, epoch });
  member.seen = first - 1;
  const replay = new Replay(member, since.epoch, { read, scheduler, encode });
  member.replay = replay;
  replay.begin(page.entries);
}

/** What the client knows is of a log that is gone: it goes on with what is live. */
function startOver(session: Session, member: Member, re: string | undefined): void {
  const { room } = member;
  const { epoch, offset } = room.position ?? { epoch: '', offset: 0 };
  member.replay = undefined;
  member.cursor = room.log.top;
  member.seen = offset;
  ackJoin(session, room, re, { recovered: false });
  sayGap(session, room, { cause: 'reset', from: 1, to: offset, epoch });
}

function sayGap(session: Session, room: Room, data: Gap): void {
  session.say(session.services.encode(gap(room.channel, data)));
}
