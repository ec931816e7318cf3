/** Bytes that may wait over the whole pod before a connection is read only when nothing of it waits. */
const POD_BYTES = 64 * 1024 * 1024;

/** What waits over all connections of a pod: requests that are not carried out yet, and publishes without a result. */
export class Backlog {
  readonly #max: number;
  #bytes = 0;

  /** @param max bytes from which on a connection must be empty to be read */
  constructor(max: number = POD_BYTES) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#max;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }
}
