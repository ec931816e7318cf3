import type { ConnectionPort } from '../ports/connection-port.js';

/** Above this weight of unfinished requests the connection is paused, below half of it resumed. */
const PENDING_MAX = 1024 * 1024;
/** What a request weighs besides its text, so that many small ones are bounded too. */
const OVERHEAD = 256;

/** Something to do for a client, in its turn. */
export interface Job {
  /** Its size, in characters. */
  readonly weight: number;
  /** It may run while publishes are under way: the broadcaster keeps their order. */
  readonly publishes: boolean;
  run(): void | Promise<void>;
}

/**
 * Carries out a connection's requests in the order sent. Publishes enter the broadcaster at once, behind each other;
 * anything else waits until they are settled, and whatever follows waits for it. What waits is bounded by weight:
 * beyond that, reading from the connection pauses.
 */
export class RequestQueue {
  readonly #connection: ConnectionPort;
  #waiting: Job[] = [];
  #pending = 0;
  #publishing = 0;
  #busy = false;
  #paused = false;
  #ended = false;
  #idle: (() => void)[] = [];
  /** The weight of the job that runs synchronously now, for the publish that it may begin. */
  #current = 0;

  constructor(connection: ConnectionPort) {
    this.#connection = connection;
  }

  add(job: Job): void {
    if (this.#ended) return;
    this.#weigh(job.weight + OVERHEAD);
    this.#waiting.push(job);
    this.#pump();
  }

  /** Called by a job while it runs: its weight counts until there is a result, which is answered. */
  publishing<T>(result: T | Promise<T>, answer: (result: T) => void): void {
    if (!(result instanceof Promise)) return answer(result);
    const weight = this.#current;
    this.#publishing++;
    this.#weigh(weight);
    void result.then((settled) => {
      answer(settled);
      this.#publishing--;
      this.#weigh(-weight);
      this.#pump();
    });
  }

  /** Settled when nothing waits or is under way. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Drops what waits. */
  end(): void {
    this.#ended = true;
    this.#waiting = [];
    this.#announceIdle();
  }

  get #isIdle(): boolean {
    return this.#publishing === 0 && !this.#busy && this.#waiting.length === 0;
  }

  #pump(): void {
    while (!this.#busy) {
      const job = this.#waiting[0];
      if (!job || (this.#publishing > 0 && !job.publishes)) break;
      this.#waiting.shift();
      this.#run(job);
    }
    this.#announceIdle();
  }

  #run(job: Job): void {
    this.#current = job.weight + OVERHEAD;
    const running = job.run();
    if (!running) return this.#weigh(-this.#current);
    const weight = this.#current;
    this.#busy = true;
    void running.then(() => {
      this.#busy = false;
      this.#weigh(-weight);
      this.#pump();
    });
  }

  #weigh(weight: number): void {
    this.#pending += weight;
    if (this.#ended) return;
    if (!this.#paused && this.#pending > PENDING_MAX) {
      this.#paused = true;
      this.#connection.pause();
    } else if (this.#paused && this.#pending < PENDING_MAX / 2) {
      this.#paused = false;
      this.#connection.resume();
    }
  }

  #announceIdle(): void {
    if (!this.#isIdle) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
