/** A chunk is no larger than this, in bytes. */
const CHUNK_BYTES = 16_384;

/**
 * Memory for the frames of one log: many share a chunk, as a piece of memory of its own for each message is the most
 * expensive part of storing it. Not Buffer's own pool, where one small frame kept for a day would keep 8 KiB alive.
 */
export class FrameMemory {
  #chunk = Buffer.alloc(0);
  #used = 0;

  /**
   * @param held bytes of the frames that are kept: no new chunk is larger than that, so a log takes at most two chunks
   *   more than it holds
   */
  take(bytes: number, held: number): Buffer {
    if (this.#used + bytes > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(held, CHUNK_BYTES)));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return this.#chunk.subarray(start, this.#used);
  }

  /** Nothing is kept any more. */
  clear(): void {
    this.#chunk = Buffer.alloc(0);
    this.#used = 0;
  }
}
