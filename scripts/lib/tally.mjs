// tally.mjs FOLDER SUITE...: prints "suite passed failed" for each suite, over all vitest JSON reports of the folder. A
// skipped test counts as failed, and so does a file that could not be loaded: neither may go unseen.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder = '.', ...suites] = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).testResults);

for (const suite of suites)
  console.log(suite, ...tally(files.filter(({ name }) => relative('.', name).startsWith(`test/${suite}/`))));

function tally(ofSuite) {
  const tests = ofSuite.flatMap(({ name: file, assertionResults }) => assertionResults.map((test) => ({ file, test })));
  const failed = tests.filter(({ test }) => test.status === 'failed');
  const skipped = tests.filter(({ test }) => !['passed', 'failed'].includes(test.status));
  const broken = ofSuite.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  for (const { file, test } of skipped) say(`skipped, which counts as failed: ${test.fullName}`, file);
  for (const { name } of broken) say('the file failed, outside of its tests', name);
  return [tests.length - failed.length - skipped.length, failed.length + skipped.length + broken.length];
}

function say(text, file) {
  console.error(`       ${text} (${relative('.', file)})`);
}
