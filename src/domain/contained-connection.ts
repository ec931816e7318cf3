import type { ConnectionPort } from '../ports/connection-port.js';
import type { Batch } from '../ports/frame.js';
import { CLOSE } from './close-codes.js';
import { isThenable } from './thenable.js';

/** Whom a connection is guarded for. An object, as a closure for each connection would cost memory. */
interface ConnectionOwner {
  /** The transport has broken its contract. Called once, in the middle of a call. */
  connectionFailed(cause: unknown): void;
}

/**
 * A transport's connection that never throws: the domain calls it in the middle of its walks over rooms and sessions. One that
 * does is closed, and gets nothing any more, as nobody knows what has reached its client.
 */
export class ContainedConnection implements ConnectionPort {
  readonly #connection: ConnectionPort;
  readonly #owner: ConnectionOwner;
  #failed = false;

  constructor(connection: ConnectionPort, owner: ConnectionOwner) {
    this.#connection = connection;
    this.#owner = owner;
  }

  get writable(): boolean {
    if (this.#failed) return false;
    try {
      return this.#connection.writable;
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
  }

  send(batch: Batch): void {
    if (this.#failed) return;
    try {
      this.#watch(this.#connection.send(batch));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  pause(): void {
    if (this.#failed) return;
    try {
      this.#watch(this.#connection.pause());
    } catch (cause) {
      this.#fail(cause);
    }
  }

  resume(): void {
    if (this.#failed) return;
    try {
      this.#watch(this.#connection.resume());
    } catch (cause) {
      this.#fail(cause);
    }
  }

  close(code: number, reason: string): void {
    if (this.#failed) return;
    try {
      this.#watch(this.#connection.close(code, reason));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** A method that is `async` by mistake must not end the process by its rejection. */
  #watch(answer: unknown): void {
    if (isThenable(answer)) answer.then(undefined, (cause: unknown) => this.#fail(cause));
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#owner.connectionFailed(cause);
    try {
      // A second failure is no news: it ends in `#fail` again.
      this.#watch(this.#connection.close(CLOSE.serverFault, 'server fault'));
    } catch {
      // The first failure is the one that is reported.
    }
  }
}
