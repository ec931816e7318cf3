import type { ConnectionPort } from '../ports/connection-port.js';
import { PAUSE, type Intake } from './intake.js';

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
 * anything else waits until they are settled and the client takes answers, and whatever follows waits for it. So a
 * client that asks and does not read makes the pod hold one answer. What waits is bounded by weight: beyond that,
 * reading from the connection pauses.
 */
export class RequestQueue {
  readonly #connection: Pick<ConnectionPort, 'writable'>;
  readonly #intake: Intake;
  #waiting: Job[] = [];
  #pending = 0;
  #publishing = 0;
  #busy = false;
  #ended = false;
  #idle: (() => void)[] = [];
  /** The weight of the job that runs synchronously now, for the publish that it may begin. */
  #current = 0;

  constructor(connection: Pick<ConnectionPort, 'writable'>, intake: Intake) {
    this.#connection = connection;
    this.#intake = intake;
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

  /** Goes on: the client takes answers again. */
  drained(): void {
    this.#pump();
  }

  /** Settled when nothing is under way, and what waits can't go on. */
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
    return this.#publishing === 0 && !this.#busy;
  }

  /** The first that waits, if it may run now. */
  get #next(): Job | undefined {
    const job = this.#busy ? undefined : this.#waiting[0];
    return job?.publishes || (this.#publishing === 0 && this.#connection.writable) ? job : undefined;
  }

  #pump(): void {
    for (let job = this.#next; job; job = this.#next) {
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
    if (this.#pending > PENDING_MAX) this.#intake.pause(PAUSE.backlog);
    else if (this.#pending < PENDING_MAX / 2) this.#intake.resume(PAUSE.backlog);
  }

  #announceIdle(): void {
    if (!this.#isIdle) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
