import { TOKEN_NEEDED } from '../../domain/errors.js';
import type { Refusal } from '../../ports/refusal.js';

function unauthorized(message: string): Refusal {
  return { status: 401, code: 'unauthorized', message };
}

export const NO_TOKEN = unauthorized(TOKEN_NEEDED);

/** The same words for every fault: whoever forges a token learns nothing about how far it got. */
export const INVALID = unauthorized('the token is not valid');

/** Said only of tokens that were valid once, so that an honest client knows to get a new one. */
export const EXPIRED = unauthorized('the token has expired');

/** @param retryAfter seconds */
export function keysAway(retryAfter: number): Refusal {
  return { status: 503, code: 'unavailable', message: 'tokens can not be checked now, try again', retryAfter };
}
