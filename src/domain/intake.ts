import type { ConnectionPort } from '../ports/connection-port.js';

/** Why a client is not read for a while. */
export const PAUSE = {
  /** More waits than is carried out. */
  backlog: 1,
  /** It has sent more than it may. */
  rate: 2,
  /** The pod goes. */
  drain: 4,
} as const;
export type Pause = (typeof PAUSE)[keyof typeof PAUSE];

/** Reading from a client: while there is no reason not to. Only it may pause and resume the connection. */
export class Intake {
  readonly #connection: Pick<ConnectionPort, 'pause' | 'resume'>;
  #reasons = 0;

  constructor(connection: Pick<ConnectionPort, 'pause' | 'resume'>) {
    this.#connection = connection;
  }

  isPausedFor(reason: Pause): boolean {
    return (this.#reasons & reason) !== 0;
  }

  pause(reason: Pause): void {
    if (this.#reasons === 0) this.#connection.pause();
    this.#reasons |= reason;
  }

  resume(reason: Pause): void {
    if (!this.isPausedFor(reason)) return;
    this.#reasons &= ~reason;
    if (this.#reasons === 0) this.#connection.resume();
  }
}
