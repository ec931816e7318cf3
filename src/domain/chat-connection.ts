import type { ChatConnection } from '../ports/hooks.js';
import { CLOSE } from './close-codes.js';
import { ephemeral } from './frames.js';
import { GLOBAL, isMessageType, TYPE_EXPECTED } from './names.js';
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
      session.say(encode(ephemeral({ type, channel: GLOBAL, ts: clock.now(), data })));
    },
    close(code = CLOSE.normal, reason = '') {
      if (code !== CLOSE.normal && !(code >= 4000 && code <= 4999)) {
        throw new RangeError(`close: expected 1000 or 4000 to 4999, got ${code}`);
      }
      session.close(code, reason);
    },
  };
  connections.set(session, connection);
  return connection;
}
