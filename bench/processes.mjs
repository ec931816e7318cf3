import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const TICKS_PER_SECOND = 100;

/** Whether a server and the generator can each have a core of their own. */
export const pinned = spawnSync('taskset', ['-c', '1', 'true']).status === 0;

/** @type {(core: number) => (command: string, args: string[]) => [string, string[]]} */
export const onCore = (core) => (command, args) =>
  pinned ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];

/** CPU seconds that processes have used so far. */
export function cpuOf(pids) {
  return pids.reduce((sum, pid) => {
    const fields = read(pid, 'stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }, 0);
}

/** Bytes of memory that processes hold. */
export function memoryOf(pids) {
  return pids.reduce((sum, pid) => sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0), 0);
}

function read(pid, name) {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8');
}

/** A process that says what it has to say in lines. */
export class Lines {
  #child;
  #errors = '';
  #lines;

  constructor([command, args]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => (this.#errors = `${this.#errors}${chunk}`.slice(-2000)));
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    const orphan = () => this.#child.kill('SIGKILL');
    process.once('exit', orphan);
    this.ended = once(this.#child, 'close').then(() => process.off('exit', orphan));
  }

  /** The next line, as JSON. Throws what the process complained of, if it ends instead. */
  async next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(this.#errors.trim() || 'it ended without a word');
    return JSON.parse(value);
  }

  /** The next line of this kind. */
  async event(kind) {
    for (;;) {
      const line = await this.next();
      if (line.event === kind) return line;
    }
  }

  say(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await this.ended;
    clearTimeout(timer);
  }
}
