import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** What may wait while nothing can be written, in characters. */
const WAITING_MAX = 1024 * 1024;
/** Time between two tries, in milliseconds. */
const RETRY_MS = 100;
/** How long the end of the process waits for a reader that takes nothing, in milliseconds. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 10;

export interface LineWriterOptions {
  /** Called with the number of dropped lines once writing works again. It may write a line that says so. */
  readonly onDropped?: (lines: number) => void;
  /** Characters that may wait. @default 1048576 */
  readonly waitingMax?: number;
}

/**
 * Writes lines to a file descriptor that the process was given, such as standard output. It never throws and never blocks the
 * event loop: a line that cannot be written now, because the disk is full or the reader hangs, waits for the next try.
 *
 * What waits is bounded. Beyond that, lines are dropped until all that waits is written, so the log has one hole, and its report
 * stands in the place of what is missing. The end of the process waits for a reader as long as that takes something every 2 s.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #onDropped: (lines: number) => void;
  readonly #waitingMax: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** The rest of what is being written: the first of its lines may be written in part. */
  #rest: Buffer | undefined;
  #dropped = 0;
  #retrying = false;
  readonly #atExit = (): void => this.#finish();

  constructor(fd: number, { onDropped = () => {}, waitingMax = WAITING_MAX }: LineWriterOptions = {}) {
    this.#fd = reopen(fd) ?? unblocked(fd);
    this.#onDropped = onDropped;
    this.#waitingMax = waitingMax;
  }

  /** @param line with its line break */
  write(line: string): void {
    if (this.#held === 0) {
      this.#rest = Buffer.from(line);
      this.#tryNow();
    } else if (this.#dropped > 0 || this.#held + line.length > this.#waitingMax) {
      this.#dropped++;
    } else {
      this.#waiting.push(line);
      this.#waitingLength += line.length;
    }
  }

  get #held(): number {
    return this.#waitingLength + (this.#rest?.length ?? 0);
  }

  #tryNow(): void {
    if (this.#advance() === undefined || this.#retrying) return;
    this.#retrying = true;
    // Only while something waits: a writer that is used no more leaves nothing behind.
    process.once('exit', this.#atExit);
    setTimeout(() => {
      process.off('exit', this.#atExit);
      this.#retrying = false;
      this.#tryNow();
    }, RETRY_MS).unref();
  }

  /** Writes as much as goes, and answers with the code of the error that stopped it. */
  #advance(): string | undefined {
    while (this.#held > 0) {
      this.#rest ??= this.#takeWaiting();
      try {
        const rest = this.#rest.subarray(writeSync(this.#fd, this.#rest));
        this.#rest = rest.length === 0 ? undefined : rest;
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      }
    }
    this.#reportDropped();
    return undefined;
  }

  #takeWaiting(): Buffer {
    const lines = this.#waiting.join('');
    this.#waiting = [];
    this.#waitingLength = 0;
    return Buffer.from(lines);
  }

  #reportDropped(): void {
    const lines = this.#dropped;
    if (lines === 0) return;
    this.#dropped = 0;
    this.#onDropped(lines);
  }

  /** There is no later turn any more: waits here, and only for a reader that may come back. */
  #finish(): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    let waited = 0;
    for (let held = this.#held; this.#advance() === 'EAGAIN' && waited < PATIENCE_MS; held = this.#held) {
      waited = this.#held < held ? 0 : waited + PAUSE_MS;
      Atomics.wait(sleeper, 0, 0, PAUSE_MS);
    }
  }
}

/**
 * Opens a pipe or terminal once more, so that writing to it does not block, while it stays as it is for others that share it.
 * `undefined` where that cannot be done: for sockets, on other systems than Linux, and for a pipe of another user.
 */
function reopen(fd: number): number | undefined {
  try {
    // A file never blocks, and opened anew it would be written from its beginning.
    if (fstatSync(fd).isFile()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** Node makes a pipe or socket non-blocking, for all that share it, when it makes a stream of it. */
function unblocked(fd: number): number {
  try {
    new Socket({ fd, readable: false, writable: true }).unref();
  } catch {
    // It is neither, and blocks or fails by itself.
  }
  return fd;
}
