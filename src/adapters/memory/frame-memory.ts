/** A chunk is no larger than this, in bytes. */
const CHUNK_BYTES = 16_384;
/** A frame larger than this gets memory of its own: what is left of a chunk behind it would often be too small for another. */
const SHARED_BYTES = 4096;
/** What a UTF-16 unit takes in UTF-8. */
const MOST_BYTES = 3;

const EMPTY = Buffer.alloc(0);

/**
 * Memory for the frames of one log: many share a chunk, as a piece of memory of its own for each message is the most
 * expensive part of storing it. Not Buffer's own pool, where one small frame kept for a day would keep 8 KiB alive.
 */
export class FrameMemory {
  #chunk = EMPTY;
  #used = 0;

  /** The chunk that holds the frame written last, and no memory besides. */
  get chunk(): Buffer {
    return this.#chunk;
  }

  /**
   * Writes a text as UTF-8.
   *
   * @param held bytes of the frames that are kept: no new chunk is larger than that, so a log takes at most two chunks
   *   more than it holds
   */
  write(text: string, held: number): Buffer {
    // What surely fits need not be measured.
    if (this.#used + MOST_BYTES * text.length > this.#chunk.length) this.#makeRoom(Buffer.byteLength(text), held);
    const start = this.#used;
    this.#used += this.#chunk.write(text, start);
    return this.#chunk.subarray(start, this.#used);
  }

  #makeRoom(bytes: number, held: number): void {
    if (this.#used + bytes <= this.#chunk.length) return;
    const wanted = bytes > SHARED_BYTES ? 0 : Math.min(held, CHUNK_BYTES);
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, wanted));
    this.#used = 0;
  }
}
