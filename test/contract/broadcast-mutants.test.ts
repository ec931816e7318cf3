import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { broadcastContract } from '../../src/contract/index.js';
import { busHarness } from '../support/bus-harness.js';
import type { Mutant } from '../support/mutant.js';
import { channelMutants, subscriptionMutants } from '../support/mutants-channels.js';
import { closeMutants, foreignMutants, unsequencedMutants } from '../support/mutants-life.js';
import { readMutants, retentionMutants } from '../support/mutants-log.js';
import { onceMutants } from '../support/mutants-once.js';
import { announcingMutants } from '../support/mutants-announcing.js';
import { tellingMutants } from '../support/mutants-telling.js';

// In one process nothing takes longer, and each mutant that keeps something back costs this much.
const DEADLINE_MS = 500;
/** What Node says where an assertion has no sentence of its own. */
const BARE = /Expected (values|"actual")|should be|falsy value|did not match|must match/;

const mutants: readonly Mutant[] = [
  ...tellingMutants,
  ...announcingMutants,
  ...channelMutants,
  ...subscriptionMutants,
  ...readMutants,
  ...retentionMutants,
  ...onceMutants,
  ...closeMutants,
  ...foreignMutants,
  ...unsequencedMutants,
];

async function failing(mutant: Mutant): Promise<string[]> {
  const cases = broadcastContract(busHarness(mutant, DEADLINE_MS));
  const results = await Promise.allSettled(cases.map(({ run }) => run()));
  for (const result of results) if (result.status === 'rejected') expect(String(result.reason)).not.toMatch(BARE);
  return cases.filter((_, index) => results[index]?.status === 'rejected').map(({ name }) => name);
}

describe('the suite itself', () => {
  const cases = broadcastContract(busHarness());
  const names = cases.map(({ name }) => name);
  const bitten = new Set<string>();

  for (const { name, run } of cases) it(`lets a good bus pass: ${name}`, run, 15_000);

  it('names each case once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(mutants)('catches a broadcaster that $name', async (mutant) => {
    const failed = await failing(mutant);
    for (const name of failed) bitten.add(name);
    expect(failed).toEqual(expect.arrayContaining([...mutant.bites]));
    expect(mutant.bites.length).toBeGreaterThan(0);
    expect(names.length - failed.length, 'cases that it passes').toBeGreaterThan(names.length / 4);
  });

  it('has no case that lets every mutant pass', () => {
    assert.deepEqual(
      names.filter((name) => !bitten.has(name)),
      [],
    );
  });
});
