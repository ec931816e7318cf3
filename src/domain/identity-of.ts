import type { Identity, Permissions, User } from '../ports/auth-port.js';
import type { Refusal } from '../ports/refusal.js';
import { ownText } from './own-text.js';

const STATUSES: ReadonlySet<unknown> = new Set<Refusal['status']>([400, 401, 403, 429, 503]);

/**
 * Copies what an `AuthPort` answers, so that foreign code is read once, here. What restricts somebody must have its shape: a
 * permission that cannot be read must not count as none. Text is copied too: it may be a part of a token or a query.
 *
 * @throws TypeError that names the member; whatever reading the answer throws
 */
export function identityOf(answer: Identity | Refusal): Identity | Refusal {
  if ('status' in answer) return refusalOf(answer);
  const { user, session, permissions, issuedAt, expiresAt } = answer;
  return {
    user: userOf(user),
    ...(session !== undefined && { session: textOf('session', session) }),
    ...(permissions !== undefined && { permissions: permissionsOf(permissions) }),
    ...(issuedAt !== undefined && { issuedAt: momentOf('issuedAt', issuedAt) }),
    ...(expiresAt !== undefined && { expiresAt: momentOf('expiresAt', expiresAt) }),
  };
}

function refusalOf({ status, code, message, retryAfter, reason }: Refusal): Refusal {
  if (!STATUSES.has(status)) throw new TypeError('authenticate: expected the status of a refusal, got another one');
  return {
    status,
    code: textOf('code', code),
    message: textOf('message', message),
    ...(retryAfter !== undefined && { retryAfter: momentOf('retryAfter', retryAfter) }),
    ...(reason !== undefined && { reason: textOf('reason', reason) }),
  };
}

/** With whatever else it has: hooks may look for that. */
function userOf(user: User): User {
  const { id, name, ...others } = user;
  return { ...others, id: textOf('user.id', id), name: textOf('user.name', name) };
}

function permissionsOf({ join, publish, global }: Permissions): Permissions {
  if (global !== undefined && typeof global !== 'boolean') throw unexpected('permissions.global', 'a boolean');
  return {
    ...(join !== undefined && { join: patternsOf('permissions.join', join) }),
    ...(publish !== undefined && { publish: patternsOf('permissions.publish', publish) }),
    ...(global !== undefined && { global }),
  };
}

function patternsOf(member: string, patterns: readonly string[]): readonly string[] {
  if (!Array.isArray(patterns)) throw unexpected(member, 'an array of text');
  return patterns.map((pattern: unknown) => textOf(member, pattern));
}

function textOf(member: string, value: unknown): string {
  if (typeof value === 'string') return ownText(value);
  throw unexpected(member, 'text');
}

function momentOf(member: string, value: unknown): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw unexpected(member, 'a number');
}

function unexpected(member: string, expected: string): TypeError {
  return new TypeError(`authenticate: expected ${member} to be ${expected}, got something else`);
}
