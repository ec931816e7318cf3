// Sums up the runs of scripts/repeat.sh: each line of the state file is a run.
//   repeated.mjs add REPORTS LOG STATE        adds a run to the state and prints its figures; exit code 1 if it failed
//   repeated.mjs sum SCENARIO TIMES STATE     prints the sum of the runs; exit code 1 if one failed
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As the fault tests print it for each scenario. */
const FIGURES =
  /sent (?<sent>\d+), acked (?<acked>\d+), refused (?<refused>\d+), lost (?<lost>\d+), repeated (?<repeated>\d+), gaps (?<gaps>\d+); slowest answer (?<slowest>\d+) ms/g;
const COUNTS = ['passed', 'failed', 'sent', 'acked', 'refused', 'lost', 'repeated', 'gaps'];

const [command, ...args] = process.argv.slice(2);
const isGood = command === 'add' ? add(...args) : sum(...args);
process.exitCode = isGood ? 0 : 1;

function add(reports, log, state) {
  const parts = [...readFileSync(log, 'utf8').matchAll(FIGURES)].map(({ groups }) => groups);
  const run = total([...parts, outcome(reports)]);
  appendFileSync(state, `${JSON.stringify(run)}\n`);
  console.log(show(run));
  return run.failed === 0;
}

function sum(scenario, times, state) {
  const runs = readFileSync(state, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
  const failed = runs.filter((run) => run.failed > 0).length;
  console.log(`${scenario}: ${runs.length} of ${times} runs, ${failed} of them failed; ${show(total(runs))}`);
  return failed === 0;
}

/** Tests that a pattern leaves out are skipped, and do not count. A run in which nothing ran or a file broke has failed. */
function outcome(reports) {
  const files = readdirSync(reports).flatMap(
    (name) => JSON.parse(readFileSync(join(reports, name), 'utf8')).testResults,
  );
  const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const [passed, failed] = ['passed', 'failed'].map((which) => statuses.filter((status) => status === which).length);
  const isBroken = passed + failed === 0 || files.some(({ status }) => status === 'failed');
  return { passed, failed: failed === 0 && isBroken ? 1 : failed };
}

function total(all) {
  const counts = COUNTS.map((name) => [name, all.reduce((count, one) => count + Number(one[name] ?? 0), 0)]);
  return { ...Object.fromEntries(counts), slowest: Math.max(0, ...all.map(({ slowest }) => Number(slowest ?? 0))) };
}

function show(run) {
  return `${COUNTS.map((name) => `${name} ${run[name]}`).join(', ')}; slowest answer ${run.slowest} ms`;
}
