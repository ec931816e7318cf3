import type { Entry } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';

/** The newest frames of one channel, at consecutive offsets, bounded by number and by bytes. */
export class History {
  readonly #size: number;
  readonly #maxBytes: number;
  /** A ring: the frame of offset `o` is at `(o - origin) % size`. It grows to its size only as it fills. */
  #ring: (Frame | undefined)[] = [];
  #origin = 1;
  #first = 1;
  #next = 1;
  #bytes = 0;

  constructor(size: number, maxBytes: number) {
    this.#size = size;
    this.#maxBytes = maxBytes;
  }

  /** The offset of the oldest frame; that of the next one where there is none. */
  get first(): number {
    return this.#first;
  }

  /** The bytes of all frames that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many frames are kept. */
  get count(): number {
    return this.#next - this.#first;
  }

  /** Takes the frame of the next offset. The newest frame always stays, however large. */
  append(frame: Frame): void {
    if (this.count === this.#size) this.#dropFirst();
    this.#ring[this.#slot(this.#next)] = frame;
    this.#next += 1;
    this.#bytes += frame.byteLength;
    while (this.#bytes > this.#maxBytes && this.count > 1) this.#dropFirst();
  }

  /** The frames `from..to`, all of which must be kept. */
  slice(from: number, to: number): Entry[] {
    const entries: Entry[] = [];
    for (let offset = from; offset <= to; offset += 1) {
      const frame = this.#ring[this.#slot(offset)];
      if (frame !== undefined) entries.push({ offset, frame });
    }
    return entries;
  }

  /** Drops all frames and their memory. Offsets go on where they were. */
  clear(): void {
    this.#ring = [];
    this.#origin = this.#next;
    this.#first = this.#next;
    this.#bytes = 0;
  }

  #dropFirst(): void {
    const slot = this.#slot(this.#first);
    this.#bytes -= this.#ring[slot]?.byteLength ?? 0;
    this.#ring[slot] = undefined;
    this.#first += 1;
  }

  #slot(offset: number): number {
    return (offset - this.#origin) % this.#size;
  }
}
