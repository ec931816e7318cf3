import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A named pipe that is read only when a test wants. Linux only. */
export class StalledPipe {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hubbub-pipe-'));
  readonly path = join(this.#folder, 'pipe');
  /** Its other end, to be given to a process. */
  readonly fd: number;
  readonly #reader: number;
  #text = '';
  #open = true;

  constructor() {
    execFileSync('mkfifo', [this.path]);
    this.#reader = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.fd = openSync(this.path, constants.O_WRONLY | constants.O_NONBLOCK);
    onTestFinished(() => {
      this.close();
      closeSync(this.fd);
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** Fills it, so that not one byte more goes in. */
  fill(): this {
    for (const size of [4096, 1]) {
      try {
        for (;;) writeSync(this.fd, '\n'.repeat(size));
      } catch (error) {
        if (Object(error).code !== 'EAGAIN') throw error;
      }
    }
    return this;
  }

  /** Reads what is in it, and answers with all whole lines so far, but for the empty ones that have filled it. */
  read(): string[] {
    const bytes = Buffer.alloc(1024 * 1024);
    try {
      for (let n = 1; n > 0 && this.#open;)
        this.#text += bytes.toString('utf8', 0, (n = readSync(this.#reader, bytes)));
    } catch (error) {
      if (Object(error).code !== 'EAGAIN') throw error;
    }
    const whole = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
    return whole.split('\n').filter((line) => line !== '');
  }

  /** Ends reading for good. */
  close(): void {
    if (this.#open) closeSync(this.#reader);
    this.#open = false;
  }
}
