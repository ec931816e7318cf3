import type { Batch } from './frame.js';

/**
 * One connected client, as the domain sees it. A transport implements it.
 *
 * None of its methods may throw or call back into the {@link ChatSession} before it has returned: the domain calls
 * them in the middle of walking its own lists. Anything that goes wrong ends in `closed()` on a later turn. A connection
 * that throws all the same is closed with 1011, and nothing more is sent to it.
 */
export interface ConnectionPort {
  /**
   * Whether the client keeps up. The domain stops sending room messages while it is `false` and goes on when the
   * transport calls `drained()`.
   *
   * - MUST become `false` when more is buffered than the transport cares to hold for one client.
   * - MUST be followed by exactly one `drained()` each time it goes from `false` back to `true`.
   */
  readonly writable: boolean;

  /**
   * Sends every frame of the batch, in order, after everything sent before.
   *
   * - MUST accept the batch even when not `writable`: answers to the client's own requests can't be dropped. A
   *   transport that holds more than its hard limit of bytes for one client closes that client (4008) instead.
   * - MUST do nothing once the connection is closed or closing.
   * - SHOULD write once for all that is sent to a client in one turn of the event loop: the write is what costs.
   */
  send(batch: Batch): void;

  /**
   * Stops reading from the client, so that the network holds what the client sends on. A few messages that were
   * already read MAY still arrive.
   */
  pause(): void;

  /** Ends {@link pause}. Neither counts: one `resume` ends any number of pauses. */
  resume(): void;

  /**
   * Closes with a code of the protocol's table, after everything sent before is written or a short time has passed.
   * MUST do nothing the second time. `closed()` follows on a later turn.
   *
   * @param reason at most 123 bytes of UTF-8, for people who debug
   */
  close(code: number, reason: string): void;
}
