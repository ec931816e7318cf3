import type { Permissions } from '../ports/auth-port.js';
import type { Action } from '../ports/hooks.js';

/** Whether a token's permissions let its user do this. Receiving what is said to everybody is not restricted. */
export function permits({ join, publish, global }: Permissions, action: Action, room: string | undefined): boolean {
  if (room === undefined) return action !== 'publish' || global !== false;
  return isNamed(action === 'publish' ? publish : join, room);
}

/** Patterns are names or beginnings, compared as they stand: nothing in them is an expression that could be forged. */
function isNamed(patterns: readonly string[] | undefined, room: string): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => (pattern.endsWith('*') ? room.startsWith(pattern.slice(0, -1)) : room === pattern));
}
