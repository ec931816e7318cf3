import * as fc from 'fast-check';
import { SEED, scaled } from './scale.js';

const RUNS_A_ROUND = 20;
const LANE = 1_000_003;
/** Shrinking a failure asks the server again and again. */
const SHRINKING_MS = scaled(60_000, 120_000);

/**
 * Tries inputs until there were enough. A failure is reduced to the least that fails, and its report names the seed:
 * `FUZZ_SEED` set to that begins with it.
 *
 * @param lane where several go on at a time: each has inputs of its own
 * @param attempt tries it, and answers how many inputs that were; throws where the server did something wrong
 */
export async function fuzz<T>(
  arbitrary: fc.Arbitrary<T>,
  goal: number,
  lane: number,
  attempt: (value: T) => Promise<number>,
): Promise<void> {
  const counts: number[] = [];
  const property = fc.asyncProperty(arbitrary, async (value) => void counts.push(await attempt(value)));
  for (let tried = 0, round = 0; tried < goal; round += 1) {
    const seed = (SEED + lane * LANE + round) % 2 ** 31;
    await fc.assert(property, { seed, numRuns: RUNS_A_ROUND, interruptAfterTimeLimit: SHRINKING_MS });
    tried += counts.splice(0).reduce((sum, count) => sum + count, 0);
  }
}
