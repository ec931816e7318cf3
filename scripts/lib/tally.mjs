// Prints "passed failed" over all vitest JSON reports of a folder. A skipped test counts as failed, and so does a file
// that could not be loaded: neither may go unseen.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder = '.'] = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).testResults);
const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
const failed = tests.filter((test) => test.status === 'failed');
const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.status));
const broken = files.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);

for (const test of skipped) say(`skipped, which counts as failed: ${test.fullName}`, test.file);
for (const file of broken) say('the file failed, outside of its tests', file.name);
console.log(tests.length - failed.length - skipped.length, failed.length + skipped.length + broken.length);

function say(text, file) {
  console.error(`       ${text} (${relative('.', file)})`);
}
