/** What a buffer costs beside its bytes, on the heap and outside: measured. */
const BUFFER_BYTES = 240;

/** A piece of memory, told from others by its identity. */
interface Memory {
  readonly byteLength: number;
}

interface Run {
  /** The position of the first frame in the buffer. */
  readonly from: number;
  readonly bytes: number;
}

/**
 * The memory behind the frames of a log. Neighbours often share a buffer, which stays alive as a whole while one of them is
 * kept, so each buffer counts once and with all its bytes.
 */
export class HeldBuffers {
  #runs: Run[] = [];
  /** The index of the oldest run that is still held. */
  #first = 0;
  #newest: Memory | undefined;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the frame of the next position, by the memory that it keeps alive. */
  add(position: number, memory: Memory): void {
    if (memory === this.#newest) return;
    this.#newest = memory;
    const run = { from: position, bytes: memory.byteLength + BUFFER_BYTES };
    // The first push would make space for 17.
    if (this.#runs.length === 0) this.#runs = [run];
    else this.#runs.push(run);
    this.#bytes += run.bytes;
  }

  /** Forgets buffers that hold only frames before a position. */
  dropBefore(position: number): void {
    while ((this.#runs[this.#first + 1]?.from ?? Infinity) <= position) {
      this.#bytes -= this.#runs[this.#first++]?.bytes ?? 0;
    }
    if (2 * this.#first < this.#runs.length) return;
    this.#runs = this.#runs.slice(this.#first);
    this.#first = 0;
  }

  clear(): void {
    this.#runs = [];
    this.#first = 0;
    this.#newest = undefined;
    this.#bytes = 0;
  }
}
