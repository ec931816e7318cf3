/*
 * npm run bench -- [--quick] [--only <case>,...] [--rounds <n>] [--seconds <n>]
 * npm run bench -- --report
 *
 * Measures Hubbub and its peers by turns, prints what came of it and writes bench/results; a full run also the
 * documentation, as `--report` does again from its results. docs/performance.md tells how to read it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases.mjs';
import { measure } from './measure.mjs';
import { pinned } from './processes.mjs';
import { print, write } from './report.mjs';
import { summarize } from './statistics.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const seconds = Number(values.seconds ?? (values.quick ? 1 : 2));

prepare();
const { CANDIDATES } = await import('./candidates.mjs');
if (values.report) {
  await report(JSON.parse(readFileSync(new URL('results/full.json', import.meta.url), 'utf8')));
  process.exit(0);
}
const { compile } = await import('./compile.mjs');
const compiled = await compile('loadgen');
const generator = compiled ? [compiled] : [process.execPath, fileURLToPath(new URL('loadgen.mjs', import.meta.url))];
if (!compiled) console.log('no C compiler (cc): a slower generator in Node is used, all figures are lower bounds');
if (!pinned) console.log('no taskset: server and generator share the cores');

const chosen = CASES.filter(({ id, quick }) =>
  values.only ? values.only.split(',').includes(id) : !values.quick || quick,
);
if (chosen.length === 0)
  throw new Error(`no such case: ${values.only}; there are ${CASES.map(({ id }) => id).join(', ')}`);
const absent = new Map();
for (const name of new Set(chosen.flatMap(({ candidates }) => candidates))) {
  const reason = await CANDIDATES[name].available();
  if (reason === undefined) continue;
  absent.set(name, reason);
  console.log(`${CANDIDATES[name].label} is left out: ${reason}`);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const results = [];
for (const [index, spec] of chosen.entries()) {
  console.log(`\n[${index + 1}/${chosen.length}] ${spec.title}`);
  const names = spec.candidates.filter((name) => !absent.has(name));
  const figures = await byTurns(spec, names);
  const result = { ...spec, summary: summarize(spec, figures) };
  results.push(result);
  print(result, CANDIDATES);
  write(values.only ? 'only' : values.quick ? 'quick' : 'full', { machine: machine(), rounds, seconds, results });
}

if (!values.only && !values.quick) await report({ machine: machine(), rounds, seconds, results });

/** Draws the plots, and puts the tables into the documentation. */
async function report(run) {
  const { draw } = await import('./plots.mjs');
  const { publish } = await import('./publish.mjs');
  await draw(run.results, CANDIDATES);
  publish(run, CANDIDATES);
  console.log('\ndocs/performance.md, README.md and docs/plots have the new figures');
}

/** Measures every candidate once a round, so that a noisy minute falls on all of them. */
async function byTurns(spec, names) {
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      try {
        figures[name].push(await measure(spec, CANDIDATES[name], { generator, seconds }));
      } catch (error) {
        console.log(`  ${CANDIDATES[name].label}, round ${round}: ${error.message.split('\n')[0]}`);
      }
    }
  }
  return figures;
}

function machine() {
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: HERE, encoding: 'utf8' }).stdout?.trim();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return { cpu: cpus()[0]?.model, cores: cpus().length, memory, node: process.version, pinned, commit };
}

/** Installs the peers at first use, and builds what is measured. */
function prepare() {
  if (!existsSync(new URL('node_modules', import.meta.url))) {
    console.log('installing the peers (npm ci in bench/)');
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], HERE);
  }
  if (!existsSync(new URL('../dist/app/main.js', import.meta.url)))
    run('npm', ['run', 'build'], fileURLToPath(new URL('..', import.meta.url)));
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}
