import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What scripts/lib/tally.mjs prints for reports of these files, each with the statuses of its tests. */
function tally(files: Readonly<Record<string, readonly string[]>>, ...suites: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-tally-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [index, [file, statuses]] of Object.entries(files).entries()) {
    const testResults = [
      {
        name: join(ROOT, file),
        status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
        assertionResults: statuses.map((status) => ({ status, fullName: 'a test' })),
      },
    ];
    writeFileSync(join(folder, `vitest-${index}.json`), JSON.stringify({ testResults }));
  }
  const args = ['scripts/lib/tally.mjs', folder, ...suites];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

describe('the tally of a test run', () => {
  it('adds up each suite by itself, over all reports', () => {
    const files = {
      'test/unit/a.test.ts': ['passed', 'passed'],
      'test/unit/domain/b.test.ts': ['passed', 'failed'],
      'test/e2e/unit/c.test.ts': ['passed'],
    };
    expect(tally(files, 'unit', 'e2e')).toBe('unit 3 1\ne2e 1 0\n');
  });

  it('reports a suite of which nothing ran', () => {
    expect(tally({ 'test/unit/a.test.ts': ['passed'] }, 'unit', 'faults')).toBe('unit 1 0\nfaults 0 0\n');
  });

  it.each(['skipped', 'pending', 'todo'])('counts a test that is %s as failed', (status) => {
    expect(tally({ 'test/unit/a.test.ts': ['passed', status] }, 'unit')).toBe('unit 1 1\n');
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(tally({ 'test/unit/a.test.ts': ['passed'], 'test/unit/b.test.ts': [] }, 'unit')).toBe('unit 1 1\n');
  });
});
