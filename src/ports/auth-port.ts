import type { Refusal } from './refusal.js';

/** Who a connection belongs to. Several connections may be of one user. */
export interface User {
  /** 1 to 255 code points, nothing invisible. Whoever gets another is refused (401). */
  readonly id: string;
  /** Shown in NFC, 1 to 64 code points. If it cannot be shown, the id is shown in its place. */
  readonly name: string;
}

/**
 * What a user may do. Each member restricts one thing, and an absent one restricts nothing. A pattern is the name of a
 * room, or the beginning of names with a `*` behind it; `*` alone is every room.
 */
export interface Permissions {
  /** The rooms that may be joined, and so read. */
  readonly join?: readonly string[];
  /** The rooms that may be published to, by a member. */
  readonly publish?: readonly string[];
  /** `false`: may not publish to everybody. Receiving is not restricted. */
  readonly global?: boolean;
}

/** A user, and what their proof says of them. */
export interface Identity {
  readonly user: User;
  /** The guest's secret, which the welcome tells them; absent for users with a token. */
  readonly session?: string;
  /** Absent: everything is allowed. */
  readonly permissions?: Permissions;
  /** When the proof was made, in milliseconds since 1970, 0 where it does not tell; absent where there is none, as for guests. */
  readonly issuedAt?: number;
  /** When the proof ends, in milliseconds since 1970; absent: never. */
  readonly expiresAt?: number;
}

/** What a client says of itself, already checked for shape. */
export interface Credentials {
  /** A bearer token, from wherever the client put it. */
  readonly token: string | undefined;
  /** The display name that a guest asks for, in NFC: it can be shown. */
  readonly name: string | undefined;
  /** The secret of a guest that comes back: 22 to 64 URL-safe characters. */
  readonly session: string | undefined;
}

/** Answers who a client is. */
export interface AuthPort {
  /**
   * - MUST NOT reject: what can't be proven is a {@link Refusal}. What it throws or rejects with all the same, and an answer
   *   of another shape, is logged, and the client is answered 503.
   * - MUST answer within 5 s: then the client is told 503, and what comes later counts for nothing.
   * - MUST give the same user for the same proof on every pod.
   * - MUST NOT log or keep a token.
   */
  authenticate(credentials: Credentials): Promise<Identity | Refusal>;
}
