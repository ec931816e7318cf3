import type { Publication, PublishResult } from '../../ports/broadcast-port.js';
import type { Request } from '../../ports/codec-port.js';
import type { ChatMessage, Replacement } from '../../ports/hooks.js';
import { connectionOf, jsonOf } from '../chat-connection.js';
import { INTERNAL, MAYBE, refusalOf, UNAVAILABLE, type Problem } from '../errors.js';
import { MESSAGE_BYTES, messageHead, messageTail, receiptData } from '../frames.js';
import type { Growth } from '../growth-limits.js';
import type { Member } from '../member.js';
import { GLOBAL, isMessageType, TYPE_EXPECTED } from '../names.js';
import type { Room } from '../room.js';
import type { Session } from '../session.js';
import { type Begun, Publishing } from '../request-queue.js';
import { isThenable } from '../thenable.js';
import { memberOf, noMember } from './membership.js';

/** What the receipt of a client id takes in Redis, beside its key. */
const RECEIPT_BYTES = 178;

type PublishRequest = Request & { verb: 'publish' };

/** What goes out, or why nothing does. */
type Verdict =
  | { readonly type: string; readonly data: string }
  | { readonly dropped: true }
  | { readonly problem: Problem };

/** Publishes a client's message to its room, or to everybody. */
export function publish(session: Session, request: PublishRequest): Begun {
  const member = memberOf(session, request.room);
  if (!member) return session.refuse(request.id, noMember(request.room));
  const verdict = judge(session, request);
  if (!(verdict instanceof Promise)) return carry(session, request, member, verdict);
  return verdict.then((settled) => {
    if (!session.open) return;
    // The client may have been taken out of the room meanwhile.
    const still = memberOf(session, request.room);
    return still ? carry(session, request, still, settled) : session.refuse(request.id, noMember(request.room));
  });
}

function judge(session: Session, request: PublishRequest): Verdict | Promise<Verdict> {
  const { hooks } = session.services;
  const { type, data, room } = request;
  if (!hooks.onMessage) return { type, data: JSON.stringify(data) };
  const message: ChatMessage = room === undefined ? { type, data } : { type, room, data };
  try {
    const answer = hooks.onMessage(connectionOf(session), message);
    if (!isThenable(answer)) return verdictOf(answer);
    return Promise.resolve(answer)
      .then(verdictOf)
      .catch((cause: unknown) => refusal(session, cause));
  } catch (cause) {
    return refusal(session, cause);
  }
}

function verdictOf(answer: Replacement | undefined): Verdict {
  if (answer === undefined) return { dropped: true };
  const type = answer.type ?? 'chat';
  if (!isMessageType(type)) throw new TypeError(`onMessage: ${TYPE_EXPECTED}`);
  return { type, data: jsonOf('onMessage', answer.data) };
}

function refusal(session: Session, cause: unknown): Verdict {
  const problem = refusalOf(cause);
  if (problem) return { problem };
  session.services.logger.error('onMessage failed', { connection: session.id, cause });
  return { problem: INTERNAL };
}

function carry(
  session: Session,
  request: PublishRequest,
  { room: target }: Member,
  verdict: Verdict,
): void | Publishing {
  const { id, room } = request;
  if ('problem' in verdict) return session.refuse(id, verdict.problem);
  if ('dropped' in verdict) return id === undefined ? undefined : session.ack(id, { dropped: true });
  const publication = draft(session, request, verdict);
  const bytes = frameBytes(session, target, verdict.data, publication);
  if (bytes > MESSAGE_BYTES) {
    return session.refuse(id, {
      code: 'too_large',
      message: 'the message would be longer than 128 KiB',
    });
  }
  const growth = growthOf(session, target, publication, bytes);
  const limited = growth && session.services.growthLimits.charge(session, growth);
  if (limited) return session.refuse(id, limited);
  target.found();
  const published = session.services.publish(room ?? GLOBAL, publication);
  return conclude(session, { id, messageId: publication.id, growth }, published);
}

/** What is kept of a publish until its result is known. */
interface Pending {
  readonly id: string | undefined;
  readonly messageId: string;
  readonly growth: Growth | undefined;
}

function conclude(
  session: Session,
  pending: Pending,
  published: PublishResult | Promise<PublishResult>,
): void | Publishing {
  if (!(published instanceof Promise)) return close(session, pending, published);
  return new Publishing(published.then((result) => close(session, pending, result)));
}

function close(session: Session, pending: Pending, result: PublishResult): void {
  if (pending.growth && !hasStored(result, pending)) session.services.growthLimits.refund(session, pending.growth);
  answer(session, pending.id, result);
}

/** Whether something was stored, or may have been. A repetition is answered with the receipt of the first. */
function hasStored(result: PublishResult, { messageId }: Pending): boolean {
  if (result.status === 'published') return result.receipt.id === messageId;
  return result.status === 'unavailable' && result.maybe === true;
}

/** What a message adds to all that is held; `undefined` if that is nothing, or nobody counts it. */
function growthOf({ services }: Session, room: Room, { once }: Publication, bytes: number): Growth | undefined {
  if (services.growthLimits.isOff) return undefined;
  const receipts = once ? RECEIPT_BYTES + once.key.length + services.extraBytes(once.key) : 0;
  const stored = room.growth(bytes);
  return stored === 0 && receipts === 0 ? undefined : { stored, receipts };
}

function draft(
  session: Session,
  { room, id: re, type: sentType, data: sent }: PublishRequest,
  { type, data }: { type: string; data: string },
): Publication {
  const { clock, ids } = session.services;
  const id = ids.message();
  const ts = clock.now();
  const head = messageHead({ type, channel: room ?? GLOBAL, id, from: session.from, ts });
  const publication = { id, ts, head, tail: messageTail(data) };
  if (re === undefined) return publication;
  // What the client sent, not what a hook made of it: sending it again must be the same thing.
  const content = `${sentType}\n${session.services.hooks.onMessage ? JSON.stringify(sent) : data}`;
  const { id: user } = session.user;
  // The length keeps one user's ids apart from another's, whatever characters they are of.
  return { ...publication, once: { key: `${user.length} ${user} ${re}`, content } };
}

/** Bytes of the frame, but for its offset. Only the names in it and its data may have others than ASCII. */
function frameBytes(session: Session, room: Room, data: string, { head, tail }: Publication): number {
  const extra = session.services.extraBytes(data) + session.extraBytes + room.extraBytes;
  return head.length + tail.length + extra;
}

function answer(session: Session, re: string | undefined, result: PublishResult): void {
  switch (result.status) {
    case 'published':
      if (re !== undefined) session.ack(re, receiptData(result.receipt));
      return;
    case 'conflict':
      return session.refuse(re, {
        code: 'conflict',
        message: 'this id was used for another message',
      });
    case 'unavailable':
      return session.refuse(re, result.maybe ? MAYBE : UNAVAILABLE);
  }
}
