import type { Refusal } from './refusal.js';

/** Who a connection belongs to. Several connections may be of one user. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** A user, and what a guest needs to come back as the same one. */
export interface Identity {
  readonly user: User;
  /** The guest's secret, which the welcome tells them; absent for users with a token. */
  readonly session?: string;
}

/** What a client says of itself, already checked for shape. */
export interface Credentials {
  /** A bearer token, from wherever the client put it. */
  readonly token: string | undefined;
  /** The display name that a guest asks for: 1 to 64 code points, NFC, nothing invisible. */
  readonly name: string | undefined;
  /** The secret of a guest that comes back: 22 to 64 URL-safe characters. */
  readonly session: string | undefined;
}

/** Answers who a client is. */
export interface AuthPort {
  /**
   * - MUST NOT reject: what can't be proven is a {@link Refusal}.
   * - MUST give the same user for the same proof on every pod.
   * - MUST NOT log or keep a token.
   */
  authenticate(credentials: Credentials): Promise<Identity | Refusal>;
}
