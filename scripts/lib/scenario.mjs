// scenario.mjs SCENARIO: prints the arguments for vitest that run it, one a line: a file of test/faults, or the files that
// have matching titles and -t with the expression. Without a match it prints what there is, and ends with 1.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, relative } from 'node:path';

const FOLDER = 'test/faults';
const [scenario] = process.argv.slice(2);
const short = (file) => basename(file).replace(/\.test\.ts$/, '');

const files = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);
const file = files.find((path) => [path, basename(path), short(path)].includes(scenario));
print(...(file ? [file] : withTitle(scenario)));

function withTitle(pattern) {
  const expression = expressionOf(pattern);
  const tests = listTests();
  const found = new Set(tests.filter(({ title }) => expression.test(title)).map((test) => test.path));
  if (found.size === 0) refuse(`no scenario '${pattern}'`, tests);
  return [...found, '-t', pattern];
}

/** Loads all files, so it takes some seconds. */
function listTests() {
  const list = execFileSync('npx', ['vitest', 'list', '--project', 'faults', '--json'], { encoding: 'utf8' });
  const tests = JSON.parse(list.slice(list.indexOf('[\n')));
  // As -t sees it.
  return tests.map(({ file: path, name }) => ({ path: relative('.', path), title: name.replaceAll(' > ', ' ') }));
}

function expressionOf(text) {
  try {
    return new RegExp(text);
  } catch (error) {
    return refuse(error.message);
  }
}

function print(...lines) {
  for (const line of lines) console.log(line);
}

function refuse(reason, tests = []) {
  console.error(`${reason}; a scenario is one of these files, or a regular expression for the titles in them:`);
  for (const path of files) {
    console.error(`  ${short(path)}`);
    for (const { title } of tests.filter((test) => test.path === path)) console.error(`      ${title}`);
  }
  process.exit(1);
}
