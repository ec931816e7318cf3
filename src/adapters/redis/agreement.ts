import { setTimeout as delay } from 'node:timers/promises';
import { BASE_TTL, type BaseEpoch } from './base-epoch.js';
import { freshEpoch } from './channel-store.js';
import { asList, asText } from './connection.js';
import type { Keys } from './keys.js';
import type { Run, Verdict } from './run.js';
import { REGISTER } from './pod-scripts.js';

/** How long the pods that were there before are waited for, in milliseconds. */
const WAIT_MS = 3000;
const POLL_MS = 100;

export interface AgreementOptions {
  readonly run: Run;
  readonly keys: Keys;
  readonly pod: string;
  /** The pods that knew the run before; `undefined` where this one can't say. */
  readonly witnesses: readonly string[] | undefined;
  /** The number of publish calls that this pod knows of. */
  readonly calls: number;
  /** This is not the Redis that this pod knew: it was flushed and came back, or the other way round. */
  readonly isAnother: boolean;
  readonly base: BaseEpoch;
}

/**
 * Agrees with the other pods on what has become of the rooms in a new run of Redis. Each of them has compared its own
 * rooms before it registers; when all that were alive are there, nothing is lost that somebody knows of. Where one of
 * them does not come back in time, what it knew is not known, and the verdict is `reset`. It is so at once where a pod
 * finds that something is missing, be it in a room that nobody is in: calls are counted, and stored in order.
 *
 * Answers whether the others had agreed without this pod: then what it knows of its rooms may be of a time that is lost.
 */
export async function agree(options: AgreementOptions): Promise<boolean> {
  const { run, keys, pod, witnesses, calls, isAnother, base } = options;
  const names = [keys.run(run.id), keys.calls, keys.base, keys.call(pod)];
  const known = base.current;
  const deadline = performance.now() + WAIT_MS;
  for (let mine: Verdict | '' = ''; ;) {
    const args = [pod, mine, calls, isAnother ? 1 : 0, known, freshEpoch(), BASE_TTL];
    const reply = asList(await run.scripts.call(REGISTER, names, args));
    const [stands, pods] = [asText(reply[0]), new Set(asList(reply[1]).map(asText))];
    if (stands === 'kept' || stands === 'reset') {
      base.beginAnew(asText(reply[3]));
      run.verdict = stands;
      return reply[2] === 1;
    }
    if (witnesses?.every((witness) => pods.has(witness))) mine = 'kept';
    else if (performance.now() >= deadline) mine = 'reset';
    else await delay(POLL_MS, undefined, { ref: false });
  }
}
