/** Something that is asked from time to time whether it still lives. */
export interface Beating {
  /** Written by the {@link Heartbeat} alone: where it keeps the item. */
  slot: number;
  beat(): void;
}

const MOST_SLOTS = 32;
const SHORTEST_TICK_MS = 10;

/**
 * The connections of a transport, and one timer for all of them. They stand in slots, and each tick visits one slot,
 * so that the pings of ten thousand connections do not leave at once. The timer runs only while there are any, and
 * does not keep the process alive.
 */
export class Heartbeat<T extends Beating> {
  readonly #slots: readonly Set<T>[];
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #added = 0;
  #size = 0;

  /** @param intervalMs how long one round takes; `0`: nothing is ever visited */
  constructor(intervalMs: number) {
    const slots = Math.max(1, Math.min(MOST_SLOTS, Math.floor(intervalMs / SHORTEST_TICK_MS)));
    this.#slots = Array.from({ length: slots }, () => new Set<T>());
    this.#tickMs = intervalMs / slots;
  }

  get size(): number {
    return this.#size;
  }

  *items(): Generator<T> {
    for (const slot of this.#slots) yield* slot;
  }

  add(item: T): void {
    item.slot = this.#slotForNew();
    this.#slots[item.slot]?.add(item);
    this.#size += 1;
    if (this.#tickMs > 0) this.#timer ??= setInterval(this.#tick, this.#tickMs).unref();
  }

  remove(item: T): void {
    if (!this.#slots[item.slot]?.delete(item)) return;
    this.#size -= 1;
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  // One of the quarter that was visited last: a new connection is left alone for most of a round, and many that come
  // at once still do not all share a slot.
  #slotForNew(): number {
    const slots = this.#slots.length;
    this.#added = (this.#added + 1) % Math.ceil(slots / 4);
    return (this.#next - 1 - this.#added + slots) % slots;
  }

  // Timers run before the sockets are read: after a long stall every answer would still lie unread in the kernel.
  // The immediate comes after that reading.
  readonly #tick = (): void => void setImmediate(this.#visit);

  readonly #visit = (): void => {
    const slot = this.#slots[this.#next];
    this.#next = (this.#next + 1) % this.#slots.length;
    if (slot !== undefined) for (const item of slot) item.beat();
  };
}
