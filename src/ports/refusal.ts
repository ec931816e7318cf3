/** A client that is not let in: by HTTP an answer with the body `{"error":{"code","message"}}`. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly code: string;
  readonly message: string;
  /**
   * What exactly was wrong, for the log of the pod alone: a transport MUST NOT send it, and it MUST NOT hold a token or
   * anything else that the client sent. One of a few fixed texts, such as `signature`.
   *
   * @default message
   */
  readonly reason?: string;
  /** Seconds for a `Retry-After` header. */
  readonly retryAfter?: number;
}

/**
 * What is refused: a token, an origin, a malformed request, more than a rate or cap allows, a client for whom the pod has no
 * place, a frame, a client that goes on after refused frames, a malformed upgrade, bytes that break the rules of the frame
 * layer or are not read, a call without the `API_KEY`. The list is fixed, so that what is counted by it is bounded.
 */
export type RefusalKind =
  | 'token'
  | 'origin'
  | 'request'
  | 'rate'
  | 'capacity'
  | 'frame'
  | 'abuse'
  | 'upgrade'
  | 'wire'
  | 'api_key';

/** Who was refused. */
export interface Refused {
  readonly address?: string;
  readonly user?: string;
  readonly connection?: string;
}

/** Where an adapter leaves a trace of what it refuses by itself. What a {@link Refusal} answers is traced already. */
export interface RefusalReporter {
  /** @param reason one of a few fixed texts; MUST NOT hold anything that a client sent */
  add(kind: RefusalKind, reason: string, refused?: Refused): void;
}
