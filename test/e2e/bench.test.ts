import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    const args = ['run', 'bench', '--', '--only', cases.join(), '--rounds', '1', '--seconds', '0.5'];
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

/** Runs the benchmark of a checkout, whatever comes of it. */
async function bench(checkout: string, ...args: readonly string[]): Promise<{ code: number; output: string }> {
  return run(process.execPath, ['bench/main.mjs', ...args], { cwd: checkout })
    .then(({ stdout }) => ({ code: 0, output: stdout }))
    .catch(({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      output: `${stdout}${stderr}`,
    }));
}

describe('npm run bench -- --against', () => {
  const slowed = mkdtempSync(join(tmpdir(), 'hubbub-bench-'));
  const short = ['--only', 'room-100-w1', '--seconds', '0.5', '--rounds'];

  // This build with its event loop blocked for nine tenths of the time: so slow that no noise hides it.
  beforeAll(() => {
    const main = pathToFileURL(join(ROOT, 'dist/app/main.js')).href;
    const block = 'setInterval(() => { for (const end = Date.now() + 40; Date.now() < end; ); }, 5);';
    mkdirSync(join(slowed, 'dist/app'), { recursive: true });
    mkdirSync(join(slowed, 'src'));
    writeFileSync(join(slowed, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(slowed, 'dist/app/main.js'), `${block}\nawait import('${main}');\n`);
    cpSync(join(ROOT, 'bench'), join(slowed, 'bench'), {
      recursive: true,
      filter: (path) => !path.endsWith('node_modules') && !path.endsWith('results'),
    });
  });
  afterAll(() => rmSync(slowed, { recursive: true, force: true }));

  it('passes a build that is faster than the other, measured by turns', async () => {
    const { code, output } = await bench(ROOT, '--against', slowed, ...short, '2');
    expect(output).toMatch(/round 1\/2: this +[\d.]+, other +[\d.]+ thousand deliveries\/s, ratio \d/);
    expect(output).toMatch(/round 2\/2: other +[\d.]+, this +[\d.]+ thousand deliveries\/s, ratio \d/);
    expect(output).toMatch(/the gate passed\n$/);
    expect(code).toBe(0);
  }, 180_000);

  it('fails a build that is slower than the other, and names the case', async () => {
    const { code, output } = await bench(slowed, '--against', ROOT, ...short, '1');
    expect(output).toMatch(
      /room-100-w1 +0\.\d{3} \(.*FAILED, the median is below 0.95\nthe gate FAILED at room-100-w1\n$/,
    );
    expect(code).toBe(1);
  }, 180_000);

  it.each([
    {
      title: 'an unknown case beside a known one',
      args: ['--against', ROOT, '--only', 'room-100-w1,room-100-w2'],
      error: /^bench: no such case: room-100-w2; the cases are room-1000-w1, .*growth-1x4000\n$/,
    },
    {
      title: 'a checkout without a build',
      args: ['--against', tmpdir()],
      error: /^bench: .* is not built: \(cd .* && npm ci && npm run build\); .*dist\/app\/main\.js is missing\n$/,
    },
    {
      title: 'a number of rounds that is none',
      args: ['--against', ROOT, '--rounds', 'many'],
      error: /^bench: --rounds: expected a number above 0, got many\n$/,
    },
    {
      title: 'peers beside another build',
      args: ['--against', ROOT, '--quick'],
      error: /^bench: --against takes no --quick and no --report\n/,
    },
  ])('refuses $title', async ({ args, error }) => {
    const { code, output } = await bench(ROOT, ...args);
    expect(output).toMatch(error);
    expect(code).toBe(2);
  });

  it('refuses to measure a build that is older than its sources', async () => {
    const source = join(slowed, 'src/newer.ts');
    writeFileSync(source, '');
    const { code, output } = await bench(slowed, '--against', ROOT, ...short, '1').finally(() => rmSync(source));
    expect(output).toMatch(/^bench: .*dist is older than src: npm run build\n$/);
    expect(code).toBe(2);
  });
});
