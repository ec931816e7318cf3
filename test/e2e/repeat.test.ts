import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('scripts/repeat.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-repeat-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs it with a state of this test's own. */
  async function repeat(...args: readonly string[]): Promise<{ code: number; output: string }> {
    const { PATH, HOME, CI, DOCKER_HOST, TEST_REDIS_IMAGE } = process.env;
    return run('bash', ['scripts/repeat.sh', ...args], {
      cwd: ROOT,
      env: { PATH, HOME, CI, DOCKER_HOST, TEST_REDIS_IMAGE, TMPDIR: folder },
    })
      .then(({ stdout }) => ({ code: 0, output: stdout }))
      .catch(({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        code,
        output: `${stdout}${stderr}`,
      }));
  }

  it('runs a scenario as often as it is told, goes on where it stopped, and sums up all runs', async () => {
    const first = await repeat('failover', '1');
    expect(first.output).toMatch(/run 1 of 1: passed 2, failed 0, sent \d+, .* gaps \d+; slowest answer \d+ ms/);
    expect(first.output).toMatch(
      /: 1 of 1 runs, 0 of them failed; passed 2, failed 0, sent \d+, .*lost 0, repeated 0,/,
    );
    expect(first.code).toBe(0);

    const state = /state: (\S+\/runs), 0 of 1 runs are done; --anew starts over/.exec(first.output)?.[1] ?? '';
    const { sent } = JSON.parse(readFileSync(state, 'utf8')) as { sent: number };
    const second = await repeat('failover', '2');
    expect(second.output).toContain(`state: ${state}, 1 of 2 runs are done`);
    expect(second.output).not.toContain('run 1 of 2');
    expect(second.output).toMatch(/: 2 of 2 runs, 0 of them failed; passed 4, failed 0, sent \d+,.* ms\n$/);
    const total = Number(/passed 4, failed 0, sent (\d+)/.exec(second.output)?.[1]);
    expect(total).toBeGreaterThan(sent);
  }, 180_000);

  it('refuses an unknown scenario and lists what there is', async () => {
    const { code, output } = await repeat('no-such-fault', '2');
    expect(output).toContain("no scenario 'no-such-fault'");
    expect(output).toMatch(/^ {2}outage\n(?: {6}.*\n)* {6}.*killed for 10 s$/m);
    expect(code).toBe(2);
  }, 180_000);

  it('refuses a number of runs that is none', async () => {
    const { code, output } = await repeat('outage', 'many');
    expect(output).toMatch(/^times: expected a number from 1 to 9999, got many; usage: /);
    expect(code).toBe(2);
  });
});
