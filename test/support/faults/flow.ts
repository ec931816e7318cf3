import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** Bytes held for a slow far end before the near one is not read any more. */
const HIGH_WATER = 64 * 1024;

interface Chunk {
  readonly bytes: Buffer;
  /** By `performance.now()`. */
  readonly due: number;
}

/** One direction of a connection: carries what one socket says to the other, as badly as it is told to. */
export class Flow {
  /** Bytes vanish, and so does the news that the connection was closed. */
  black = false;
  delayMs = 0;
  /** Bytes written at once. */
  piece = Number.POSITIVE_INFINITY;
  /** Bytes that still pass; the connection is cut behind them. */
  allowance = Number.POSITIVE_INFINITY;
  carried = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #cut: () => void;
  readonly #queue: Chunk[] = [];
  #queued = 0;
  #running = false;
  #stalled = false;

  /** @param hear sees what comes before any of it is passed on */
  constructor(from: Socket, to: Socket, hooks: { readonly cut: () => void; readonly hear: (bytes: Buffer) => void }) {
    this.#from = from;
    this.#to = to;
    this.#cut = hooks.cut;
    from.on('data', (bytes) => {
      if (this.black) return;
      hooks.hear(bytes);
      this.#take(bytes);
    });
  }

  /** Nothing is read any more, so that whoever speaks finds the buffers full. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    if (stalled) this.#from.pause();
    else if (this.#queued < HIGH_WATER) this.#from.resume();
  }

  #take(bytes: Buffer): void {
    this.#queue.push({ bytes, due: performance.now() + this.delayMs });
    this.#queued += bytes.length;
    if (this.#queued >= HIGH_WATER) this.#from.pause();
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let chunk = this.#queue[0]; chunk; chunk = this.#queue[0]) {
      const wait = chunk.due - performance.now();
      if (wait > 0) await pause(wait, undefined, { ref: false });
      await this.#write(chunk.bytes);
      this.#queue.shift();
      this.#queued -= chunk.bytes.length;
      if (this.#queued < HIGH_WATER && !this.#stalled) this.#from.resume();
    }
    this.#running = false;
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.black || this.#to.destroyed) return;
      const size = Math.min(this.piece, bytes.length - at, this.allowance);
      const full = size > 0 && !this.#to.write(bytes.subarray(at, at + size));
      at += size;
      this.carried += size;
      this.allowance -= size;
      if (this.allowance <= 0) {
        // What was allowed still gets there.
        this.#to.end(() => this.#cut());
        this.black = true;
        return;
      }
      if (full) await drained(this.#to);
      if (at < bytes.length) await turn();
    }
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
