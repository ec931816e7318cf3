import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const env = process.env;
const full = env['HUBBUB_FULL'] === '1';
const reports = env['HUBBUB_REPORTS'];

// Containers are labelled with it, so that a run can find its own.
const run = (env['HUBBUB_RUN'] ??= randomUUID());

/** Tests of one folder; `*.long.test.ts` only with HUBBUB_FULL=1. */
function project(
  name: string,
  order: number,
  options: { readonly redis: boolean; readonly alone?: boolean; readonly setup?: readonly string[] },
) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: full ? [] : ['**/*.long.test.ts'],
      globalSetup: [...(options.redis ? ['test/support/shared-redis.setup.ts'] : []), ...(options.setup ?? [])],
      // What happens at a fault is a matter of seconds: nothing else may take them away.
      fileParallelism: options.alone !== true,
      env: { HUBBUB_RUN: run, HUBBUB_PROJECT: name },
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // A file a run, as scripts/test.sh adds them up.
    reporters: reports
      ? ['default', ['json', { outputFile: join(reports, `vitest-${process.pid}.json`) }]]
      : ['default'],
    projects: [
      project('unit', 1, { redis: false }),
      project('contract', 2, { redis: true }),
      project('integration', 3, { redis: true }),
      project('faults', 4, { redis: true, alone: true }),
      project('e2e', 5, { redis: true }),
      project('abuse', 6, { redis: false, alone: true, setup: ['test/support/abuse/figures.setup.ts'] }),
    ],
  },
});
