import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planned, settings } from '../../../src/app/config/schema.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/security.md');

interface Threat {
  readonly threat: string;
  readonly defence: string;
  readonly proof: string;
}

/** The rows between the marks; those that are a heading in bold have nothing but that. */
function threatsOf(text: string): Threat[] {
  const table = /<!-- threats:begin -->\n([^]*?)<!-- threats:end -->/.exec(text)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).flatMap((line) => {
    const [threat = '', defence = '', proof = ''] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim());
    return /^\*\*.+\*\*$/.test(threat) ? [] : [{ threat, defence, proof }];
  });
}

/** What every run of the tests runs: those of `*.long.test.ts` are none of it. */
const NAMED = /`(test\/[^`]+(?<!\.long)\.test\.ts|src\/contract\/[^`]+\.ts)` "([^"]+)"/g;

/** What is wrong with the proof of a row, or nothing. */
function faultOf({ proof }: Threat): string | undefined {
  const named = [...proof.matchAll(NAMED)];
  if (named.length === 0) return 'it names no test';
  if (proof.replace(NAMED, '').replaceAll(/[\s,]/g, '') !== '') return 'there is more in it than names of tests';
  for (const [, path = '', title = ''] of named) {
    if (!existsSync(new URL(path, root))) return `there is no ${path}`;
    if (!titlesOf(read(path)).some((own) => isCalled(own, title))) return `${path} has no test "${title}"`;
  }
  return undefined;
}

/** Of a title with places for values a part is enough. */
function isCalled(own: string, title: string): boolean {
  return own === title || (/%[sdijo#]|\$\w/.test(own) && own.includes(title));
}

const TEXT = String.raw`'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"`;
/** The first argument of a call whose last one is a function, or the name of a case of a contract suite. */
const TITLE = new RegExp(
  String.raw`(?<!describe|skip|todo)(?:\(|\bname:)\s*(?:${TEXT}),\s*(?:\{[^}]*\},\s*)?(?=async\b|function\b|\(|needs:|run\b)`,
  'g',
);
/** The first member of a row of a table of tests. */
const ROW = new RegExp(String.raw`\[\s*(?:${TEXT}),`, 'g');

function titlesOf(source: string): string[] {
  const find = (pattern: RegExp): string[] =>
    [...source.matchAll(pattern)].map(([, single, double]) => (single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
  const titles = find(TITLE);
  // Where a title is but a place for the row's own, as in it.each(rows)('%s', ...), the rows are the titles.
  return titles.some((title) => title.startsWith('%s')) ? [...titles, ...find(ROW)] : titles;
}

describe('docs/security.md', () => {
  const threats = threatsOf(page);

  it('has a table of threats, each once', () => {
    expect(threats.length).toBeGreaterThan(70);
    expect(new Set(threats.map(({ threat }) => threat)).size).toBe(threats.length);
  });

  it.each(threats)('$threat: has a defence, and tests that are there', (threat) => {
    expect(threat.defence).not.toBe('');
    expect(faultOf(threat)).toBeUndefined();
  });

  it('names only files and settings that are there', () => {
    const names = new Set([...settings.map(([name]) => name), 'BASE_PATH']);
    const spoken = [...page.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
    for (const path of spoken.filter((text) => text.startsWith('src/')))
      expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
    for (const name of spoken.filter((text) => /^[A-Z]+(_[A-Z]+)+$/.test(text))) expect(names).toContain(name);
    for (const name of planned) expect(page).not.toContain(name);
  });
});

describe('what looks for tests', () => {
  const row = (proof: string): Threat => ({ threat: 't', defence: 'd', proof });
  const here = 'test/unit/docs/security.test.ts';

  it.each<[string, string | undefined]>([
    ['', 'it names no test'],
    ['by hand', 'it names no test'],
    [`\`${here}\` "finds what is missing: %j", and by hand`, 'there is more in it than names of tests'],
    ['`test/faults/storm.long.test.ts` "x"', 'it names no test'],
    ['`test/unit/nowhere.test.ts` "x"', 'there is no test/unit/nowhere.test.ts'],
    [`\`${here}\` "a title that nobody has"`, `${here} has no test "a title that nobody has"`],
    [`\`${here}\` "has a table of threats"`, `${here} has no test "has a table of threats"`],
    [`\`${here}\` "has a table of threats, each once", \`${here}\` "finds what is"`, undefined],
  ])('finds what is missing: %j', (proof, fault) => {
    expect(faultOf(row(proof))).toBe(fault);
  });

  it('takes a title where a test has it, and not where it is said or only describes', () => {
    const source = `describe('a group', () => {
      it('a test', () => { expect('a word', (x)).toBe(1); });
      it.skip('a test that is skipped', () => {});
      it("a test's own", { concurrent: true }, async () => {});
      it.each([['a row', 1]])('%s', (name) => {});
      it.each(rows)(
        'over lines: %i',
        async () => {},
      );
    });
    const cases = [{ name: 'of a contract', run: async () => {} }];`;
    const titles = titlesOf(source);
    for (const title of ['a test', "a test's own", 'a row', 'over lines: %i', 'of a contract']) {
      expect(titles).toContain(title);
    }
    for (const text of ['a group', 'a test that is skipped']) expect(titles).not.toContain(text);
  });
});
