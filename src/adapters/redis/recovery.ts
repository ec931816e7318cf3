import type { Redis } from 'ioredis';
import type { Logger } from '../../ports/system.js';
import { agree } from './agreement.js';
import type { BaseEpoch } from './base-epoch.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { PUBLISH, READ } from './log-scripts.js';
import { ANNOUNCE, HEADS, KEEP, PULSE, REGISTER } from './pod-scripts.js';
import type { Publisher } from './publisher.js';
import type { Beat, Pulse } from './pulse.js';
import { checkRights, RIGHTS } from './rights.js';
import { Run } from './run.js';
import { lossesOf, runIdOf } from './server-info.js';
import type { Subscriptions } from './subscriptions.js';
import { DROP, LEASE, SURVEY } from './sweep-scripts.js';

const SCRIPTS = [RIGHTS, PUBLISH, READ, HEADS, KEEP, PULSE, REGISTER, ANNOUNCE];
const SWEEP_SCRIPTS = [LEASE, SURVEY, DROP];

export interface RecoveryOptions {
  readonly link: Link;
  readonly keys: Keys;
  readonly pod: string;
  readonly sequenced: boolean;
  /** Whether what all rooms store is bounded, which takes more rights. */
  readonly sweeps: boolean;
  readonly pulse: Pulse;
  readonly publisher: Publisher;
  readonly subscriptions: Subscriptions;
  readonly base: BaseEpoch;
  readonly logger: Logger;
}

/** Brings this pod up to what Redis is now: the same run after a while without it, or another one. */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** The run that the pods last agreed on, and who was alive in it. */
  #agreed: { readonly run: string; readonly alive: readonly string[] } | undefined;
  /** The others have agreed without this pod, and its channels have not caught up with that yet. */
  #late = false;
  /** This is not the Redis that this pod knew, which the others were not told yet. */
  #isAnother = false;
  /** Whether it was looked up how Redis may lose messages: once per pod. */
  #hasWarned = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Rejects where Redis can't be asked, or refuses; may be called again then. */
  async restore(): Promise<void> {
    const { link, pulse, publisher, subscriptions } = this.#options;
    const before = link.speaksTo;
    if (before?.verdict) this.#agreed = { run: before.id, alive: pulse.alive ?? [] };
    const run = await this.#findRun(before);
    link.listensTo = run;
    pulse.listenAnew();
    await subscriptions.listen();
    const state = await pulse.beat(run);
    const isNew = run !== before;
    if (isNew || state === 'flushed') this.#late = (await this.#settle(run, state, isNew)) || this.#late;
    await subscriptions.catchUp(this.#late);
    this.#late = false;
    publisher.wake();
  }

  /** Finds out, with the other pods, whether anything was lost on the way to this run; answers if that was without it. */
  async #settle(run: Run, state: Beat, isNew: boolean): Promise<boolean> {
    const { link, keys, pod, sequenced, publisher, subscriptions, base } = this.#options;
    link.speaksTo = run;
    run.verdict = sequenced ? undefined : 'kept';
    if (run.verdict) return false;
    // Seen once: what fails from here on is tried again, and then Redis is known.
    this.#isAnother ||= isNew && state === 'flushed';
    subscriptions.suspend();
    await subscriptions.compare();
    const witnesses = state === 'empty' ? [] : await this.#witnesses();
    const calls = publisher.callsSeen;
    const late = await agree({ run, keys, pod, witnesses, calls, isAnother: this.#isAnother, base });
    this.#isAnother = false;
    // What is missing is settled with that, and counting goes on from where the log is.
    if (run.verdict !== 'kept') publisher.forgetCalls();
    return late;
  }

  /** The pods that know what was there before: those that this one knew of, and those that Redis still knows of. */
  async #witnesses(): Promise<readonly string[] | undefined> {
    if (!this.#agreed) return undefined;
    const { link, keys } = this.#options;
    const { run, alive } = this.#agreed;
    return [...alive, ...(await link.commands.zrange(keys.pods(run), '0', '-1'))];
  }

  /** The run that Redis is in, its scripts loaded: the same object while it is the same and the pods have agreed. */
  async #findRun(before: Run | undefined): Promise<Run> {
    const { link, sweeps } = this.#options;
    const { commands, questions } = link;
    const run = await link.aside(async (redis) => {
      const id = await runIdOf(redis);
      const found = before?.verdict && before.id === id ? before : new Run(commands, id, questions);
      await found.scripts.load(redis, sweeps ? [...SCRIPTS, ...SWEEP_SCRIPTS] : SCRIPTS);
      await this.#warnOfLosses(redis);
      return found;
    });
    if (run !== before) await checkRights(run, this.#options);
    return run;
  }

  async #warnOfLosses(redis: Redis): Promise<void> {
    if (this.#hasWarned) return;
    const losses = await lossesOf(redis);
    this.#hasWarned = true;
    if (losses !== undefined) this.#options.logger.warn('redis may lose messages', { cause: losses });
  }
}
