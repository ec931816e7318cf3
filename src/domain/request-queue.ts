import type { Backlog } from './backlog.js';
import type { HookBudget } from './hook-budget.js';
import { PAUSE, type Intake } from './intake.js';

/** Above this many bytes of unfinished requests the connection is paused, below half of it resumed. */
const PENDING_MAX = 1024 * 1024;
/** What a request takes besides its text, so that many small ones are bounded too. */
const OVERHEAD = 256;
/** A string takes up to two bytes per character. */
const CHARACTER_BYTES = 2;

/** A publish that the broadcaster has. Others may follow it, as the broadcaster keeps their order. */
export class Publishing {
  /** Resolves when the result is known and answered. MUST NOT reject. */
  readonly answered: Promise<void>;

  constructor(answered: Promise<void>) {
    this.answered = answered;
  }
}

/** What a job has begun: nothing that goes on, a publish, or work that everything behind it waits for. */
export type Begun = void | Publishing | Promise<void | Publishing>;

/** A request in its turn. */
export interface Job {
  /** Characters of text that it keeps. */
  readonly length: number;
  /** It may run while publishes are under way. */
  readonly publishes: boolean;
  /** Begins it, and returns what it began. MUST NOT throw, and what it returns MUST NOT reject. */
  run(): Begun;
}

/** The client that is answered. */
export interface Answered {
  /** Whether it takes answers. */
  readonly writable: boolean;
  /** Whether it may be given the answer of one more publish, though it does not take answers now. */
  readonly hasRoom: boolean;
}

export interface RequestQueueOptions {
  readonly client: Answered;
  readonly intake: Intake;
  readonly backlog: Backlog;
  readonly hookBudget: HookBudget;
}

/**
 * Carries out a connection's requests in the order sent. Publishes enter the broadcaster at once, behind each other.
 * Anything else waits until they are answered and the client takes answers, and whatever follows waits for it. So a
 * client that asks and does not read makes the pod hold one answer. What waits is bounded in bytes: beyond that,
 * reading from the connection pauses.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  #waiting: Job[] = [];
  /** Bytes of what waits, runs or is being published. */
  #pending = 0;
  #publishing = 0;
  #busy = false;
  #ended = false;
  #idle: (() => void)[] = [];
  readonly #pump = (): void => this.#runAll();

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** Whether a job would run at once: nothing is ahead of it. */
  isFree(publishes: boolean): boolean {
    return this.#waiting.length === 0 && this.#mayRun(publishes);
  }

  /** Runs a job at once. MUST be called only for one that {@link isFree}. */
  run(job: Job): void {
    const begun = job.run();
    if (begun) this.#track(begun, bytesOf(job));
  }

  /** Runs a job at once if it {@link isFree}, otherwise in its turn. */
  add(job: Job): void {
    if (this.#ended) return;
    if (this.isFree(job.publishes)) return this.run(job);
    this.#weigh(bytesOf(job));
    this.#waiting.push(job);
    this.#awaitBudget();
  }

  /** Goes on: the client takes answers again. */
  drained(): void {
    this.#runAll();
  }

  /** Resolves when nothing is under way and what waits cannot go on. */
  waitUntilIdle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Drops what waits. */
  end(): void {
    this.#ended = true;
    for (const job of this.#waiting) this.#weigh(-bytesOf(job));
    this.#waiting = [];
    this.#options.hookBudget.forget(this.#pump);
    this.#announceIdle();
  }

  get #isIdle(): boolean {
    return this.#publishing === 0 && !this.#busy;
  }

  #mayRun(publishes: boolean): boolean {
    const { client, hookBudget } = this.#options;
    if (this.#busy) return false;
    if (publishes) return !hookBudget.isFull && (client.hasRoom || client.writable);
    return this.#publishing === 0 && client.writable;
  }

  #runAll(): void {
    for (let job = this.#waiting[0]; job && this.#mayRun(job.publishes); job = this.#waiting[0]) {
      this.#waiting.shift();
      this.#weigh(-bytesOf(job));
      this.run(job);
    }
    this.#awaitBudget();
    this.#announceIdle();
  }

  /** Only the pod's budget frees up without this connection doing anything. */
  #awaitBudget(): void {
    const { hookBudget } = this.#options;
    if (this.#waiting[0]?.publishes && hookBudget.isFull) hookBudget.whenFree(this.#pump);
  }

  /** Counts what a job began until it is over. */
  #track(begun: Publishing | Promise<void | Publishing>, bytes: number): void {
    this.#weigh(bytes);
    if (begun instanceof Publishing) {
      this.#publishing++;
      void begun.answered.then(() => {
        this.#publishing--;
        this.#weigh(-bytes);
        this.#runAll();
      });
    } else {
      this.#busy = true;
      void begun.then((began) => {
        this.#busy = false;
        this.#weigh(-bytes);
        if (began) this.#track(began, bytes);
        this.#runAll();
      });
    }
  }

  #weigh(bytes: number): void {
    const { backlog, intake } = this.#options;
    this.#pending += bytes;
    backlog.add(bytes);
    if (this.#ended) return;
    const most = backlog.isFull ? 0 : PENDING_MAX;
    if (this.#pending > most) intake.pause(PAUSE.backlog);
    else if (this.#pending <= most / 2) intake.resume(PAUSE.backlog);
  }

  #announceIdle(): void {
    if (!this.#isIdle) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

function bytesOf({ length }: Job): number {
  return CHARACTER_BYTES * length + OVERHEAD;
}
