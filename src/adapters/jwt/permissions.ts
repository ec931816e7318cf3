import { isRoomName } from '../../domain/names.js';
import type { Permissions } from '../../ports/auth-port.js';

const MAX_PATTERNS = 100;
const MEMBERS: ReadonlySet<string> = new Set(['join', 'publish', 'global']);

/**
 * Reads the `chat` claim; `undefined` where it is malformed. Nothing of it is ever ignored: a restriction that was
 * misspelt would be no restriction.
 */
export function permissionsOf(claim: unknown): Permissions | undefined {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return undefined;
  if (!Object.keys(claim).every((key) => MEMBERS.has(key))) return undefined;
  const { join, publish, global }: { join?: unknown; publish?: unknown; global?: unknown } = claim;
  if (join !== undefined && !arePatterns(join)) return undefined;
  if (publish !== undefined && !arePatterns(publish)) return undefined;
  if (global !== undefined && typeof global !== 'boolean') return undefined;
  return {
    ...(join !== undefined && { join }),
    ...(publish !== undefined && { publish }),
    ...(global !== undefined && { global }),
  };
}

function arePatterns(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_PATTERNS && value.every(isPattern);
}

/** Whatever begins the name of a room is the name of a room itself, so one rule judges both kinds of patterns. */
function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return value === '*' || isRoomName(value.endsWith('*') ? value.slice(0, -1) : value);
}
