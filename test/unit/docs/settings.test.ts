import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configTable } from '../../../src/app/config.js';
import { settings } from '../../../src/app/config/schema.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

it('the README has the table of settings that the schema gives', () => {
  const table = /<!-- settings:[^>]*-->\n([^]*?)\n<!-- \/settings -->/.exec(read('README.md'))?.[1];
  expect(table?.trim()).toBe(configTable().trim());
});

it('every setting that keeps somebody out or bounds what one may use is spoken of in the threat model', () => {
  const page = read('docs/security.md');
  const guards = settings
    .map(([name]) => name)
    .filter((name) => /^(ALLOWED|TRUSTED|MAX|SEND|HISTORY|RATE|UPGRADE|GROWTH|RING|AUTH|JWT|JWKS|API)_/.test(name));
  expect(guards.length).toBeGreaterThan(20);
  for (const name of guards) expect(page).toContain(`\`${name}`);
});
