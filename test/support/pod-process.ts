import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS } from './chat-client.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));

const DEFAULTS = {
  HOST: '127.0.0.1',
  PORT: '0',
  DRAIN_MS: '200',
  // Machines allow fewer open files than the default needs: each log would begin with a warning.
  MAX_CONNECTIONS: '10000',
};

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a process is given besides its settings. */
export interface Surroundings {
  /** Where its log goes, if the test does not read it. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Commands of a shell that come first, such as `ulimit -n 64`. */
  readonly before?: string;
}

/** The built program in a process of its own, as users run it. */
export class PodProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #port: number | undefined;
  #stdout = '';
  #stderr = '';
  #wake: () => void = () => {};

  /** Runs it, whatever becomes of it. */
  constructor(env: Readonly<Record<string, string>> = {}, { stdout, stderr, before = ':' }: Surroundings = {}) {
    if (!existsSync(MAIN)) throw new Error(`expected ${MAIN}, got nothing: npm run build makes it`);
    this.#child = spawn('/bin/sh', ['-c', `${before}; exec "$0" "$1"`, process.execPath, MAIN], {
      env: { PATH: process.env['PATH'], ...DEFAULTS, ...env },
      stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe'],
    });
    const orphan = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', orphan);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#wake();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.exited = once(this.#child, 'close').then(([code, signal]: (string | number | null)[]) => {
      process.off('exit', orphan);
      this.#wake();
      return { code: code === null ? null : Number(code), signal: signal === null ? null : String(signal) };
    });
  }

  /** Runs it on a free port with a log that nobody may read, and waits until it answers. */
  static async startUnread(env: Readonly<Record<string, string>>, surroundings: Surroundings): Promise<PodProcess> {
    const port = await freePort();
    const pod = new PodProcess({ ...env, PORT: String(port) }, surroundings);
    pod.#port = port;
    await eventually(() => pod.isLive(), true, 2 * DEADLINE_MS);
    return pod;
  }

  /** Runs it and waits until it listens. */
  static async start(env?: Readonly<Record<string, string>>, surroundings?: Surroundings): Promise<PodProcess> {
    const pod = new PodProcess(env, surroundings);
    const line = await pod.logged('listening');
    pod.#port = Number(line['port']);
    return pod;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('the pod does not listen yet');
    return this.#port;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Bytes of memory that it holds, and the most that it ever held. Linux only. */
  get memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const bytes = (field: string): number => 1024 * Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]);
    return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
  }

  /** Its log so far. */
  get lines(): LogLine[] {
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LogLine]));
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Whether `/livez` says so, within a second. */
  async isLive(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/livez`, { signal: AbortSignal.timeout(1000) })).ok;
    } catch {
      return false;
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for a line of the log. */
  async logged(event: string): Promise<LogLine> {
    const deadline = performance.now() + 2 * DEADLINE_MS;
    for (;;) {
      const line = this.lines.find(({ msg }) => msg === event);
      if (line) return line;
      if (!this.isRunning || performance.now() > deadline) {
        await this.stop();
        throw new Error(`the pod never logged "${event}", but:\n${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** Ends it as a deploy does; one that does not end by itself is killed. */
  async stop(): Promise<Exit> {
    if (this.isRunning) this.signal('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2 * DEADLINE_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}
