/** A client that is not let in: by HTTP an answer with the body `{"error":{"code","message"}}`. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly code: string;
  readonly message: string;
  /** Seconds for a `Retry-After` header. */
  readonly retryAfter?: number;
}
