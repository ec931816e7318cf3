/** Runs things later. The domain owns no timer. */
export interface Scheduler {
  /** Runs the task once, on a later turn of the event loop, after what is pending now. Tasks keep their order. */
  soon(task: () => void): void;
  /** Runs the task once after a delay in milliseconds. MUST NOT keep the process alive. */
  later(delayMs: number, task: () => void): void;
}

export interface Clock {
  /** Milliseconds since 1970, for people to read. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  ticks(): number;
}

/** Makes ids that no pod makes twice. */
export interface Ids {
  /** `c_` and at least 64 random bits. */
  connection(): string;
  /** `m_` and a part that sorts by time. */
  message(): string;
}

/**
 * Where lifecycle events go. MUST NOT be given a token or a message's content.
 *
 * A failure goes under `cause`, as it was caught: an error, or words. Log an error's name, text and stack, and not its other
 * members: those may hold what was sent. A cause may be anything that a hook throws, so looking at it may throw too.
 *
 * Errors of these methods are dropped. The line is then logged once more, with words in the place of its `cause`.
 */
export interface Logger {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}
