import { TOKEN_NEEDED } from '../../domain/errors.js';
import type { Refusal } from '../../ports/refusal.js';

function unauthorized(message: string, reason: string): Refusal {
  return { status: 401, code: 'unauthorized', message, reason };
}

export const NO_TOKEN = unauthorized(TOKEN_NEEDED, 'no token');

/**
 * The same words for every fault: whoever forges a token learns nothing about how far it got.
 *
 * @param reason for the log
 */
export function invalid(reason: string): Refusal {
  return unauthorized('the token is not valid', reason);
}

/** Said only of tokens that were valid once, so that an honest client knows to get a new one. */
export const EXPIRED = unauthorized('the token has expired', 'expired');

/** @param retryAfter seconds */
export function keysAway(retryAfter: number): Refusal {
  return { status: 503, code: 'unavailable', message: 'tokens can not be checked now, try again', retryAfter };
}
