import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const env = process.env;
const full = env['HUBBUB_FULL'] === '1';
const reports = env['HUBBUB_REPORTS'];

// Containers are labelled with it, so that a run can find its own.
const run = (env['HUBBUB_RUN'] ??= randomUUID());

/** Tests of one folder; `*.long.test.ts` only with HUBBUB_FULL=1. */
function project(
  name: string,
  options: { readonly redis: boolean; readonly setup?: readonly string[]; readonly alone?: boolean },
) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: full ? [] : ['**/*.long.test.ts'],
      globalSetup: [...(options.redis ? ['test/support/shared-redis.setup.ts'] : []), ...(options.setup ?? [])],
      env: { HUBBUB_RUN: run, HUBBUB_PROJECT: name },
      ...(options.alone && { fileParallelism: false, sequence: { groupOrder: 1 } }),
    },
  };
}

const projects = [
  // Faults come first and so run beside each other: what happens at a fault is a matter of seconds, most of which pass
  // while the test waits, and the tests that need a core must not take them away.
  project('faults', { redis: true }),
  project('abuse', { redis: false, setup: ['test/support/abuse/figures.setup.ts'] }),
  project('integration', { redis: true }),
  project('e2e', { redis: true }),
  project('contract', { redis: true }),
  project('unit', { redis: false }),
  // It takes all that the machine has, so nothing runs beside it.
  project('siege', { redis: false, alone: true }),
];

/** Starts the files in the order of the projects: a long one that begins last would run alone. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project: { name } }: TestSpecification): number =>
      projects.findIndex(({ test }) => test.name === name);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // More than the two cores of the machine it is meant for: most tests wait for a socket, a timer or a process.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    sequence: { sequencer: ByProject },
    // A file a run, as scripts/test.sh adds them up.
    reporters: reports
      ? ['default', ['json', { outputFile: join(reports, `vitest-${process.pid}.json`) }]]
      : ['default'],
    projects,
  },
});
