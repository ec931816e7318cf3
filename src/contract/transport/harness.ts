import type { ChatPort } from '../../ports/chat-port.js';
import type { Refusal } from '../../ports/refusal.js';
import type { Waivers } from '../waiver.js';

/**
 * What not every transport has:
 *
 * - `headers`: it passes on the host that a client asked for, its `origin` and its `authorization`
 * - `subprotocols`: it passes on those that a client offers, and answers the one of the admission
 */
export type TransportCapability = 'headers' | 'subprotocols';

/** What the suite asks a transport to be set to. */
export interface TransportSettings {
  /** The longest text taken from a client, in bytes of UTF-8. */
  readonly messageBytes: number;
  /** The hard limit of bytes held for one client. */
  readonly sendBufferBytes: number;
}

/** What a client brings along. A transport that has no headers in its handshake finds another place for them. */
export interface ConnectOptions {
  /** Appended to the address in this order, encoded. */
  readonly query?: readonly (readonly [string, string])[];
  readonly origin?: string;
  readonly authorization?: string;
  readonly protocols?: readonly string[];
}

/** An HTTP answer in the place of a connection. */
export interface HttpRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The refusal that a client got in the place of a connection, read out of whatever the transport makes of it. */
export interface ReadRefusal {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** How a client is told that it may not come in: by HTTP, which the suite reads by itself, or in the transport's own way. */
export type TransportRefusal = HttpRefusal | ReadRefusal;

/** A client that was let in. */
export interface TransportClient {
  readonly kind: 'connected';
  /** The subprotocol that the server chose; empty for none. */
  readonly protocol: string;
  send(text: string): void;
  /** The next frame, in order of arrival. Rejects once the connection is gone and nothing is left. */
  next(): Promise<string>;
  /** Leaves in the orderly way, with code 1000 where there are codes. */
  close(): void;
  /** Is gone without a word. */
  kill(): void;
  /** Stops taking anything from the network, so that what the server sends piles up at the server. */
  pauseReading(): void;
  resumeReading(): void;
  /** How the connection ended, as the client saw it; 1006 where no code came. Never rejects. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** A transport that listens, and a way in. */
export interface RunningTransport {
  connect(options?: ConnectOptions): Promise<TransportClient | TransportRefusal>;
  /**
   * The transport's own end: every connection is closed, every socket gone, and nothing is left that keeps the process: a
   * case fails that leaves a timer or a socket behind. Called twice, the second does nothing.
   */
  stop(): Promise<void>;
}

/** Brings a transport to the suite. */
export interface TransportHarness {
  /** Starts a fresh transport. The suite stops it. */
  start(chat: ChatPort, settings: TransportSettings): Promise<RunningTransport>;
  /**
   * What is missing, each with the reason. Cases that need it are left out, and a case takes their place that fails
   * once the waiver is not needed any more.
   *
   * @default {} nothing
   */
  readonly waivers?: Waivers<TransportCapability>;
  /**
   * How long to wait for something that must happen, in milliseconds. It costs time only where the contract is broken.
   *
   * @default 10000
   */
  readonly deadlineMs?: number;
}
