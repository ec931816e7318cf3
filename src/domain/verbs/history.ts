import type { Request } from '../../ports/codec-port.js';
import type { Frame } from '../../ports/frame.js';
import { UNAVAILABLE } from '../errors.js';
import { fitting } from '../fitting.js';
import { ackAround, PART_BYTES } from '../frames.js';
import { readAtCost } from '../look.js';
import { GLOBAL } from '../names.js';
import type { Session } from '../session.js';
import { memberOf, noMember } from './membership.js';

const COMMA = 0x2c;

/** Answers a page of stored messages: their own bytes, put into the ack as they are. */
export async function history(session: Session, request: Request & { verb: 'history' }): Promise<void> {
  const { broadcaster, encode, rates } = session.services;
  const { id, room, after, before, limit } = request;
  if (!memberOf(session, room)) return session.refuse(id, noMember(room));
  if (!broadcaster.traits.sequenced) {
    return session.refuse(id, { code: 'unsupported', message: 'this server keeps no history' });
  }
  const limited = rates.charge(session, { reads: 1 });
  if (limited) return session.refuse(id, limited);
  // Nobody would get the answer.
  if (id === undefined) return;
  const bounds = { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
  const read = readAtCost(session, broadcaster, rates);
  const page = await read(room ?? GLOBAL, { ...bounds, limit, bytes: PART_BYTES });
  if (page.status === 'unavailable') return session.refuse(id, UNAVAILABLE);
  // The commas count too, and not every broadcaster may stop where it should.
  const entries = fitting(page.entries, PART_BYTES, after !== undefined, 1);
  const more = page.more || entries.length < page.entries.length;
  const [head, tail] = ackAround(id, { room, epoch: page.position.epoch }, more);
  const frames = entries.map(({ frame }) => frame);
  // At once, so that the connection knows whether the client takes it before the next one is asked for.
  session.sendInOrder({ frames: [join(encode(head), frames, encode(tail))] });
}

/** One frame of `head`, the messages separated by commas, and `tail`. */
function join(head: Frame, frames: readonly Frame[], tail: Frame): Frame {
  const bytes = frames.reduce((sum, frame) => sum + frame.length + 1, 0);
  const whole = new Uint8Array(head.length + Math.max(0, bytes - 1) + tail.length);
  whole.set(head);
  let at = head.length;
  for (const [index, frame] of frames.entries()) {
    if (index > 0) whole[at++] = COMMA;
    whole.set(frame, at);
    at += frame.length;
  }
  whole.set(tail, at);
  return whole;
}
