import type { Action } from '../ports/hooks.js';
import type { Problem } from './errors.js';
import { isRoomName } from './names.js';
import { permits } from './permissions.js';
import type { Session } from './session.js';
import { isThenable } from './thenable.js';

/** How long the user's own code may take to allow something, in milliseconds; after that it is denied. */
export const ANSWER_MS = 2000;

/** The same words whether there is such a room or not, and whoever is in it. */
export const FORBIDDEN: Problem = { code: 'forbidden', message: 'you may not do this here' };

/** Whether a client may do something: by its token, and then by the user's own code. Without an answer it may not. */
export function isAllowed(session: Session, action: Action, room: string | undefined): boolean | Promise<boolean> {
  const { permissions } = session.proof;
  const { hooks } = session.services;
  if (!permissions && !hooks.authorize) return true;
  // What is wrong with a name is for the verb to say.
  if (room !== undefined && !isRoomName(room)) return true;
  if (permissions && !permits(permissions, action, room)) return false;
  // Everybody is in the global channel: to come back to it is no question.
  if (!hooks.authorize || (room === undefined && action === 'join')) return true;
  return ask(session, action, room);
}

function ask(session: Session, action: Action, room: string | undefined): boolean | Promise<boolean> {
  const { deadlines, hooks, logger } = session.services;
  const deny = (cause: unknown): boolean => {
    logger.error('authorize failed', { connection: session.id, action, cause });
    return false;
  };
  try {
    const answer: unknown = hooks.authorize?.(session.user, action, room);
    if (!isThenable(answer)) return answer === true;
    return new Promise((resolve) => {
      const inTime = deadlines.begin(() => resolve(deny(`no answer within ${ANSWER_MS} ms`)));
      const settle = (allowed: boolean): void => {
        inTime();
        resolve(allowed);
      };
      try {
        answer.then(
          (allowed: unknown) => settle(allowed === true),
          (cause: unknown) => settle(deny(cause)),
        );
      } catch (cause) {
        settle(deny(cause));
      }
    });
  } catch (cause) {
    return deny(cause);
  }
}
