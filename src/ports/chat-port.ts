import type { Identity } from './auth-port.js';
import type { ConnectionPort } from './connection-port.js';
import type { Refusal } from './refusal.js';

/**
 * What a client brings to the door, whatever the transport. Header and query values are passed as received; the
 * domain judges them, so that every transport refuses the same things in the same words. It copies the text that it keeps,
 * so they may be parts of longer text.
 */
export interface Knock {
  /** The query of the request, decoded. */
  readonly query: { get(name: string): string | null; getAll(name: string): string[] };
  /** The `Origin` header; absent where the client is no browser. */
  readonly origin: string | undefined;
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The subprotocols offered, in order; empty where the transport knows none. */
  readonly protocols: readonly string[];
  /** The client's address, for limits and logs. */
  readonly address: string;
}

/** A knock that was answered. Valid for one {@link ChatPort.open} right away. */
export interface Admission {
  readonly identity: Identity;
  readonly address: string;
  /** Rooms to join right after the welcome; names not yet checked. */
  readonly rooms: readonly string[];
  /** The subprotocol to answer with, if the client offered ours. */
  readonly protocol: string | undefined;
}

/** The driving side: what a transport calls. */
export interface ChatPort {
  /**
   * Asks whether a client may come in. A transport MUST ask before it accepts the connection, and MUST answer a
   * {@link Refusal}: as plain HTTP, or with all that it says where there is no HTTP. Never rejects.
   */
  knock(knock: Knock): Promise<Admission | Refusal>;

  /**
   * Says that the connection stands. MUST be called at most once for an admission, and before anything else is said
   * of the connection. The welcome is sent before it returns.
   */
  open(connection: ConnectionPort, admission: Admission): ChatSession;
}

/** One open connection, as the transport sees it. None of the methods throws. */
export interface ChatSession {
  /**
   * A whole text message came in. MUST be called in the order of arrival, and MUST NOT be called for text that is
   * not valid Unicode (1007) or above the size limit (1009): the transport ends the connection of those by itself.
   */
  received(text: string): void;

  /** The connection became writable again. */
  drained(): void;

  /** The connection is gone, for whatever reason. MUST be called exactly once, and last. */
  closed(): void;
}
