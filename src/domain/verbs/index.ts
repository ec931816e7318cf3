import type { Fault, Request } from '../../ports/codec-port.js';
import type { Action } from '../../ports/hooks.js';
import { FORBIDDEN, isAllowed } from '../authorize.js';
import type { Begun } from '../request-queue.js';
import type { Session } from '../session.js';
import { auth } from './auth.js';
import { history } from './history.js';
import { join } from './join.js';
import { leave } from './leave.js';
import { publish } from './publish.js';

type Verb = Request['verb'] | 'fault';
type Handler<V extends Verb> = (session: Session, request: (Request | Fault) & { verb: V }) => Begun;

const HANDLERS: { readonly [V in Verb]: Handler<V> } = {
  publish,
  join,
  leave,
  auth,
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

/** What some verbs need leave for. */
const ACTIONS: { readonly [V in Verb]?: Action } = { publish: 'publish', join: 'join', history: 'history' };

/** Does what a client's frame asks for, if it may, and answers it. */
export function carryOut<V extends Verb>(session: Session, request: (Request | Fault) & { verb: V }): Begun {
  const action = ACTIONS[request.verb];
  const allowed = action === undefined || isAllowed(session, action, 'room' in request ? request.room : undefined);
  if (!(allowed instanceof Promise)) return handle<V>(session, request, allowed);
  return allowed.then((settled) => (session.open ? handle<V>(session, request, settled) : undefined));
}

function handle<V extends Verb>(session: Session, request: (Request | Fault) & { verb: V }, allowed: boolean): Begun {
  return allowed ? HANDLERS[request.verb](session, request) : session.refuse(request.id, FORBIDDEN);
}
