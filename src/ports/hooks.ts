import type { User } from './auth-port.js';

/** A message as a hook sees it, before it is published. */
export interface ChatMessage {
  readonly type: string;
  /** Absent for a message to everybody. */
  readonly room?: string;
  /** Any JSON value. */
  readonly data: unknown;
}

/** A connected client, as a hook sees it. */
export interface ChatConnection {
  readonly id: string;
  readonly user: User;
  /** The rooms it is a member of now. */
  readonly rooms: readonly string[];
  /**
   * Sends a message to this client alone; its type is `chat` by default. It has no `id` and no `offset`, and is not stored.
   *
   * @throws TypeError for a type that is reserved or malformed, and for data that JSON cannot write
   */
  send(message: { readonly type?: string; readonly data: unknown }): void;
  /**
   * Closes the connection. It also ends if an argument is wrong: with 1008 in the place of a bad code, and without a bad
   * reason. So a typing error cannot keep in the room whom a hook wants out of it.
   *
   * @param code 1000, or 4000 to 4999; 1000 by default
   * @param reason for people who debug; cut to 123 bytes of UTF-8
   * @throws RangeError for another number as the code
   * @throws TypeError for a code that is no number, and for a reason that is no text
   */
  close(code?: number, reason?: string): void;
}

/** What a user may be allowed to do in a room. */
export type Action = 'join' | 'publish' | 'history';

/** What a hook may answer: another message in the place of the client's, in the same room. */
export interface Replacement {
  /** @default 'chat' */
  readonly type?: string;
  readonly data: unknown;
}

/**
 * The user's own code. Each hook may be left out; whatever one throws ends in an error for that client alone. What is no
 * `ChatError` is logged with its text and stack: keep what clients send out of it.
 */
export interface Hooks {
  /**
   * A client came in; its welcome is sent. Its frames wait until a returned promise is settled, without a time limit.
   * Throwing closes the connection: 1008 for a `ChatError`, 1011 for anything else.
   */
  onConnect?(connection: ChatConnection): void | Promise<void>;

  /** A client is gone. What it throws is logged. */
  onDisconnect?(connection: ChatConnection): void | Promise<void>;

  /**
   * Whether a user may do something in a room, or without one in the channel of everybody. Asked at each request, after the
   * permissions of the user's token have allowed it. Whatever is not `true` denies: throwing and rejecting too, and an
   * answer that takes longer than 2 s. The client learns `forbidden`, and its next frames wait for a returned promise.
   */
  authorize?(user: User, action: Action, room: string | undefined): boolean | Promise<boolean>;

  /**
   * A client wants to publish. Answer the message, or a {@link Replacement}; `undefined` drops it (the client's ack
   * says so); throw a `ChatError` to refuse it. The connection's next frames wait for a returned promise, without a
   * time limit.
   */
  onMessage?(
    connection: ChatConnection,
    message: ChatMessage,
  ): Replacement | undefined | Promise<Replacement | undefined>;
}
