import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sharedRedis } from '../support/shared-redis.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What the benchmark keeps of a case; see bench/statistics.mjs. */
interface Result {
  readonly id: string;
  readonly summary: Readonly<Record<string, { readonly median: number; readonly faults: readonly string[] }>>;
}

describe('npm run bench', () => {
  it('measures the real app beside its peers, and finds every message in its place', async () => {
    const cases = ['room-100-w1', 'redis-through-ids'];
    const args = ['run', 'bench', '--', '--only', cases.join(), '--rounds', '1', '--seconds', '0.2'];
    const { stdout } = await run('npm', args, { cwd: ROOT, env: { ...process.env, REDIS_URL: sharedRedis().url } });
    expect(stdout).toMatch(/^ {2}Hubbub +[\d.,]+ \(/m);
    const report = readFileSync(`${ROOT}/bench/results/only.json`, 'utf8');
    const { results } = JSON.parse(report) as { readonly results: readonly Result[] };
    expect(results.map(({ id }) => id)).toEqual(cases);
    for (const { summary } of results) {
      expect(Object.values(summary).flatMap(({ faults }) => faults)).toEqual([]);
      expect(summary['hubbub']?.median).toBeGreaterThan(0);
    }
    expect(Object.keys(results[0]?.summary ?? {})).toEqual(expect.arrayContaining(['hubbub', 'ws', 'socketio']));
  }, 180_000);
});
