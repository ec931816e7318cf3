/** Something that has bytes to write. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes everything that became dirty in a turn right after it, by one tick for the whole transport: a tick for each
 * connection would cost more than the rest of a send.
 */
export class FlushQueue {
  #dirty: Flushable[] = [];
  readonly #run = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const item of dirty) item.flush();
  };

  /** MUST be called once per item and flush. */
  add(item: Flushable): void {
    if (this.#dirty.push(item) === 1) process.nextTick(this.#run);
  }
}
