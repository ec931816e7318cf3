import type { ScriptsOfRun } from './scripts-of-run.js';

/**
 * What the pods have agreed on after Redis was started: `kept`, the rooms are as they were; `reset`, nobody can say, so
 * rooms that nobody has compared begin a new epoch.
 */
export type Verdict = 'kept' | 'reset';

/** One run of Redis, from its start to its end, as this pod sees it. */
export interface Run {
  readonly scripts: ScriptsOfRun;
  /** `undefined` until the pods have agreed: then nothing is published yet. */
  verdict: Verdict | undefined;
}
