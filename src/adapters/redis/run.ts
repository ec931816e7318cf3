import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ID_LENGTH } from './payload.js';
import type { Questions } from './questions.js';
import { ScriptsOfRun } from './scripts-of-run.js';

/**
 * What the pods have agreed on after Redis was started: `kept`, the rooms are as they were; `reset`, nobody can say, so
 * rooms that nobody has compared begin a new epoch.
 */
export type Verdict = 'kept' | 'reset';

/** One run of Redis, from its start to its end, as this pod sees it. */
export class Run {
  /** What Redis calls it. */
  readonly id: string;
  /** What stands in every payload: known to all pods, and to nobody who may only publish. */
  readonly seal: string;
  readonly scripts: ScriptsOfRun;
  /** `undefined` until the pods have agreed: then nothing is published yet. */
  verdict: Verdict | undefined;

  constructor(redis: Redis, id: string, questions: Questions) {
    this.id = id;
    this.seal = hash('sha256', id, 'base64url').slice(0, ID_LENGTH);
    this.scripts = new ScriptsOfRun(redis, this, questions);
  }
}
