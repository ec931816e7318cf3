import type { Fault, Request } from '../../ports/codec-port.js';
import type { Session } from '../session.js';
import { history } from './history.js';
import { join } from './join.js';
import { leave } from './leave.js';
import { publish } from './publish.js';

type Verb = Request['verb'] | 'fault';
type Handler<V extends Verb> = (session: Session, request: (Request | Fault) & { verb: V }) => void | Promise<void>;

const HANDLERS: { readonly [V in Verb]: Handler<V> } = {
  publish,
  join,
  leave,
  history,
  ping: (session, { id }) => {
    // Whoever hears the pong has heard all that was there before it.
    session.deliver();
    session.pong(id);
  },
  unsupported: (session, { id, type }) =>
    session.refuse(id, { code: 'unsupported', message: `${type} is not supported by this server` }),
  fault: (session, { id, code, message }) => session.refuse(id, { code, message }),
};

/** Does what a client's frame asks for, and answers it. */
export function carryOut<V extends Verb>(
  session: Session,
  request: (Request | Fault) & { verb: V },
): void | Promise<void> {
  return HANDLERS[request.verb](session, request);
}
