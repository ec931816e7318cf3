import type { ChatConnection } from '../ports/hooks.js';
import { CLOSE } from './close-codes.js';
import { closeReason } from './close-reason.js';
import { direct } from './frames.js';
import { isMessageType, TYPE_EXPECTED } from './names.js';
import type { Session } from './session.js';

const connections = new WeakMap<Session, ChatConnection>();

/** The session as a hook sees it: the same object each time. */
export function connectionOf(session: Session): ChatConnection {
  const known = connections.get(session);
  if (known) return known;
  const connection: ChatConnection = {
    id: session.id,
    user: session.user,
    get rooms() {
      return session.rooms;
    },
    send({ type = 'chat', data }) {
      if (!isMessageType(type)) throw new TypeError(`send: ${TYPE_EXPECTED}`);
      const { clock, encode } = session.services;
      session.say(encode(direct(type, clock.now(), jsonOf('send', data))));
    },
    close(code = CLOSE.normal, reason = '') {
      // Whoever closes a connection wants the client gone: a wrong argument is reported, but must not keep it.
      session.close(isCloseCode(code) ? code : CLOSE.policy, typeof reason === 'string' ? closeReason(reason) : '');
      checkCloseCode(code);
      if (typeof reason !== 'string')
        throw new TypeError(`close: expected the reason to be text, got ${nameOf(reason)}`);
    },
  };
  connections.set(session, connection);
  return connection;
}

/**
 * JSON text of what a hook wants to be sent.
 *
 * @throws TypeError for what JSON cannot write, such as `undefined`, a function, a BigInt or a cycle
 */
export function jsonOf(method: string, data: unknown): string {
  const text = stringify(method, data);
  if (text === undefined) throw new TypeError(`${method}: expected data that JSON can write, got ${nameOf(data)}`);
  return text;
}

function stringify(method: string, data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (cause) {
    throw new TypeError(`${method}: expected data that JSON can write`, { cause });
  }
}

function isCloseCode(code: unknown): code is number {
  return code === CLOSE.normal || (Number.isInteger(code) && Number(code) >= 4000 && Number(code) <= 4999);
}

function checkCloseCode(code: unknown): void {
  if (isCloseCode(code)) return;
  const expected = 'close: expected 1000 or 4000 to 4999';
  if (typeof code === 'number') throw new RangeError(`${expected}, got ${code}`);
  throw new TypeError(`${expected}, got ${nameOf(code)}`);
}

/** What a value is, without running code of its own. */
function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
