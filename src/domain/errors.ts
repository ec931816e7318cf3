/** Every code that an `error` frame may carry. Stable across releases. */
export type ErrorCode =
  | 'bad_json'
  | 'bad_request'
  | 'room_name'
  | 'not_a_member'
  | 'too_many_rooms'
  | 'forbidden'
  | 'unauthorized'
  | 'unsupported'
  | 'conflict'
  | 'rate_limited'
  | 'too_large'
  | 'unavailable'
  | 'internal';

/** Why a request was refused, as the client is told. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Milliseconds after which trying again may work. */
  readonly retryAfterMs?: number;
  /** The request may have been carried out all the same. */
  readonly maybe?: boolean;
  /** What exactly was wrong, for the log of the pod alone. It is never sent. */
  readonly reason?: string;
}

/**
 * Refuses a client's request: throw it in a hook.
 *
 * @example
 * onMessage(connection, message) {
 *   if (isSpam(message.data)) throw new ChatError('forbidden', 'no advertising here');
 *   return message;
 * }
 */
export class ChatError extends Error implements Problem {
  override readonly name = 'ChatError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * What a hook refuses with; `undefined` for anything else that it throws. The members are read here, once, as reading them
 * may throw as well: of a revoked proxy, not even the class can be asked for.
 */
export function refusalOf(cause: unknown): Problem | undefined {
  try {
    if (!(cause instanceof ChatError)) return undefined;
    const { code, message, retryAfterMs, maybe }: Problem = cause;
    if (typeof code !== 'string' || typeof message !== 'string') return undefined;
    return {
      code,
      message,
      ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
      ...(typeof maybe === 'boolean' && { maybe }),
    };
  } catch {
    return undefined;
  }
}

/** Whether sending the same thing again later can help. */
export function isRetryable(code: ErrorCode): boolean {
  return code === 'rate_limited' || code === 'unavailable';
}

/** Why a client without a token stays outside, and where one may be put. */
export const TOKEN_NEEDED =
  'a token is needed: as Authorization: Bearer <token>, as the subprotocols hubbub.v1, bearer.<token>, or as ?token=<token>';

export const UNAVAILABLE: Problem = { code: 'unavailable', message: 'the broker is away, try again' };

export const MAYBE: Problem = {
  code: 'unavailable',
  message: 'the broker did not confirm it, it may be done all the same',
  maybe: true,
};

export const REVOKED: Problem = {
  code: 'unauthorized',
  message: 'this token was revoked',
  reason: 'revoked',
};

/** A fault of ours: what it was is for the log alone. */
export const INTERNAL: Problem = { code: 'internal', message: 'the server failed at this request' };
