import type { Entry } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import { HeldBuffers } from '../../domain/held-buffers.js';
import { FrameMemory } from './frame-memory.js';

/** What the object of a frame costs beside the frame's bytes: measured. */
const FRAME_BYTES = 104;
/** What a slot of the ring costs, as the array grows by half when it is full. */
const SLOT_BYTES = 12;
/** What the history costs beside its frames: measured, while it has one, and further. */
const FIRST_BYTES = 450;
const FURTHER_BYTES = 300;

/** The newest frames of one channel, at consecutive offsets, bounded by number and by bytes. */
export class History {
  readonly #size: number;
  readonly #maxBytes: number;
  readonly #memory = new FrameMemory();
  readonly #buffers = new HeldBuffers();
  /** A ring: the frame of offset `o` is at `(o - origin) % size`. It grows to its size only as it fills. */
  #ring: (Frame | undefined)[] = [];
  readonly #origin: number;
  #first: number;
  #next: number;
  #bytes = 0;

  /** @param next the offset of the first frame that it will take */
  constructor(size: number, maxBytes: number, next: number) {
    this.#size = size;
    this.#maxBytes = maxBytes;
    this.#origin = next;
    this.#first = next;
    this.#next = next;
  }

  /** The offset of the oldest frame; that of the next one where there is none. */
  get first(): number {
    return this.#first;
  }

  /** How many frames are kept. */
  get count(): number {
    return this.#next - this.#first;
  }

  /** Bytes of memory that all of it takes. */
  get held(): number {
    const { length } = this.#ring;
    const own = FIRST_BYTES + (length > 1 ? FURTHER_BYTES : 0) + SLOT_BYTES * length;
    return own + FRAME_BYTES * this.count + this.#buffers.bytes;
  }

  /** Makes and takes the frame of the next offset. The newest frame always stays, however large. */
  append(text: string): Frame {
    const frame = this.#memory.write(text, this.#bytes);
    this.#buffers.add(this.#next, this.#memory.chunk);
    if (this.count === this.#size) this.#dropFirst();
    // Most channels never have a second message, and the first assignment would make space for 17.
    if (this.#ring.length === 0) this.#ring = [frame];
    else this.#ring[this.#slot(this.#next)] = frame;
    this.#next += 1;
    this.#bytes += frame.byteLength;
    while (this.#bytes > this.#maxBytes && this.count > 1) this.#dropFirst();
    return frame;
  }

  /** Drops the oldest frames until it takes this many bytes less, or none is left. */
  shed(bytes: number): void {
    const most = this.held - bytes;
    while (this.count > 0 && this.held > most) this.#dropFirst();
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

  #dropFirst(): void {
    const slot = this.#slot(this.#first);
    this.#bytes -= this.#ring[slot]?.byteLength ?? 0;
    this.#ring[slot] = undefined;
    this.#first += 1;
    this.#buffers.dropBefore(this.#first);
  }

  #slot(offset: number): number {
    return (offset - this.#origin) % this.#size;
  }
}
