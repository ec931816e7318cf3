import type { ReadResult } from '../../ports/broadcast-port.js';
import type { Request } from '../../ports/codec-port.js';
import type { Frame } from '../../ports/frame.js';
import { UNAVAILABLE } from '../errors.js';
import { ackAround, PART_BYTES } from '../frames.js';
import { GLOBAL } from '../names.js';
import type { Session } from '../session.js';
import { memberOf, noMember } from './membership.js';

const COMMA = 0x2c;

type Page = ReadResult & { status: 'read' };

/** Answers a page of stored messages: their own bytes, put into the ack as they are. */
export async function history(session: Session, request: Request & { verb: 'history' }): Promise<void> {
  const { broadcaster, encode } = session.services;
  const { id, room, after, before, limit } = request;
  if (!memberOf(session, room)) return session.refuse(id, noMember(room));
  if (!broadcaster.traits.sequenced) {
    return session.refuse(id, { code: 'unsupported', message: 'this server keeps no history' });
  }
  // Nobody would get the answer.
  if (id === undefined) return;
  const bounds = { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
  const page = await broadcaster.read(room ?? GLOBAL, { ...bounds, limit });
  if (page.status === 'unavailable') return session.refuse(id, UNAVAILABLE);
  const { frames, more } = fit(page, after !== undefined);
  const [head, tail] = ackAround(id, { room, epoch: page.position.epoch }, more);
  // At once, so that the connection knows whether the client takes it before the next one is asked for.
  session.sendInOrder({ frames: [join(encode(head), frames, encode(tail))] });
}

/** Keeps as many messages as fit, from the end of the page where reading began. */
function fit({ entries, more }: Page, forward: boolean): { frames: Frame[]; more: boolean } {
  const frames = entries.map(({ frame }) => frame);
  if (!forward) frames.reverse();
  let bytes = 0;
  const tooMany = frames.findIndex((frame, index) => (bytes += frame.length + 1) > PART_BYTES && index > 0);
  const kept = tooMany < 0 ? frames : frames.slice(0, tooMany);
  if (!forward) kept.reverse();
  return { frames: kept, more: more || tooMany >= 0 };
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
