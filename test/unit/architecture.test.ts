import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[];
  };
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const planted = mkdtempSync(join(tmpdir(), 'hubbub-architecture-'));
afterAll(() => rmSync(planted, { recursive: true }));

function cruise(cwd: string): Report {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

/** A tree of the same shape in which each rule is broken once. */
const violations: readonly [rule: string, from: string, imports: string][] = [
  ['ports-are-leaves', 'src/ports/leaky.ts', '../domain/room.js'],
  ['domain-is-pure', 'src/domain/timer.ts', 'node:timers'],
  ['domain-is-pure', 'src/domain/socket.ts', 'ws'],
  ['domain-is-pure', 'src/domain/outward.ts', '../adapters/ws/index.js'],
  ['contract-knows-ports', 'src/contract/runner.ts', 'vitest'],
  ['adapters-stay-apart', 'src/adapters/redis/neighbour.ts', '../ws/index.js'],
  ['adapters-stay-apart', 'src/adapters/node/neighbour.ts', '../ws/index.js'],
  ['adapters-stay-apart', 'src/adapters/ws/hub.ts', '../../domain/room.js'],
  ['ws-knows-its-package', 'src/adapters/ws/foreign.ts', 'ioredis'],
  ['redis-knows-its-package', 'src/adapters/redis/foreign.ts', 'ws'],
  ['other-adapters-need-no-package', 'src/adapters/memory/package.ts', 'ws'],
  ['inversify-in-app-alone', 'src/adapters/ws/container.ts', 'inversify'],
  ['nobody-imports-app', 'src/adapters/ws/app.ts', '../../app/container.js'],
  ['library-without-container', 'src/app/create-chat.ts', './container.js'],
  ['page-runs-in-browsers', 'src/page/server.ts', '../domain/room.js'],
  ['src-without-tests', 'src/domain/tested.ts', '../../test/helper.js'],
  ['resolvable', 'src/app/missing.ts', './nowhere.js'],
];

function plant(path: string, content: string): void {
  mkdirSync(dirname(join(planted, path)), { recursive: true });
  writeFileSync(join(planted, path), content);
}

describe('the import rule', () => {
  it('holds, and the tool has read the sources', () => {
    const { totalCruised, violations: found } = cruise(root).summary;
    expect(found).toEqual([]);
    expect(totalCruised).toBeGreaterThan(80);
  });

  it('names every violation that is planted', () => {
    for (const file of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
      cpSync(join(root, file), join(planted, file));
    }
    symlinkSync(join(root, 'node_modules'), join(planted, 'node_modules'));
    for (const file of [
      'src/domain/room.ts',
      'src/adapters/ws/index.ts',
      'src/app/container.ts',
      'test/helper.ts',
      'src/adapters/node/clock.ts',
    ]) {
      plant(file, 'export const value = 1;\n');
    }
    for (const [, from, imports] of violations) plant(from, `export * from '${imports}';\n`);
    plant('src/domain/one.ts', "import { two } from './two.js';\nexport const one = (): number => two();\n");
    plant('src/domain/two.ts', "import { one } from './one.js';\nexport const two = (): number => one();\n");
    plant('src/domain/three.ts', "import type { Four } from './four.js';\nexport type Three = Four | 3;\n");
    plant('src/domain/four.ts', "import type { Three } from './three.js';\nexport type Four = Three | 4;\n");
    plant('src/adapters/redis/machine.ts', "export * from '../node/clock.js';\n");
    const found = cruise(planted).summary.violations.map(({ rule, from }) => `${rule.name} ${from}`);
    const cycles = ['one', 'four'].map((name) => `no-cycle src/domain/${name}.ts`);
    const expected = [...violations.map(([rule, from]) => `${rule} ${from}`), ...cycles];
    for (const violation of expected) expect(found).toContain(violation);
    expect(found).not.toContain('adapters-stay-apart src/adapters/redis/machine.ts');
  });
});
