/*
 * npm run bench -- [--quick] [--only <case>,...] [--rounds <n>] [--seconds <n>]
 * npm run bench -- --against <built checkout> [--only <case>,...] [--rounds <n>] [--seconds <n>]
 * npm run bench -- --report
 *
 * Measures Hubbub and its peers by turns, prints what came of it and writes bench/results; a full run also the
 * documentation, as `--report` does again from its results. With `--against` it measures another build of Hubbub in place
 * of the peers, and exits with 1 if this one is slower. docs/performance.md tells how to read it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { measure } from './measure.mjs';
import { pinned } from './processes.mjs';
import { print, write } from './report.mjs';
import { summarize } from './statistics.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const asked = readArguments();
const { rounds, seconds } = asked;

if (asked.against === undefined) prepare();
const { CANDIDATES } = await import('./candidates.mjs');
if (asked.report) {
  await report(JSON.parse(readFileSync(new URL('results/full.json', import.meta.url), 'utf8')));
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
if (asked.against === undefined) await besidePeers(await generatorHere());
else process.exitCode = (await besideBuild()) ? 0 : 1;

async function generatorHere() {
  const { compile } = await import('./compile.mjs');
  const compiled = await compile('loadgen');
  if (!compiled) console.log('no C compiler (cc): a slower generator in Node is used, all figures are lower bounds');
  if (!pinned) console.log('no taskset: server and generator share the cores');
  return compiled ? [compiled] : [process.execPath, fileURLToPath(new URL('loadgen.mjs', import.meta.url))];
}

async function besidePeers(generator) {
  const absent = await absentCandidates();
  const results = [];
  for (const spec of asked.cases) {
    printTitle(spec);
    const names = spec.candidates.filter((name) => !absent.has(name));
    const result = { ...spec, summary: summarize(spec, await byTurns(spec, names, generator)) };
    results.push(result);
    print(result, CANDIDATES);
    write(asked.name, { machine: machine(), rounds, seconds, results });
  }
  if (asked.name === 'full') await report({ machine: machine(), rounds, seconds, results });
}

/** Whether this build is as fast as the other. */
async function besideBuild() {
  const { builds, compare, printVerdict } = await import('./against.mjs');
  const both = builds(asked.against);
  const against = { checkout: both.other, commit: commitOf(both.other) };
  const generator = await generatorHere();
  const results = [];
  for (const spec of asked.cases) {
    printTitle(spec);
    results.push(await compare(spec, both, { generator, seconds, rounds }));
    write(asked.name, { machine: machine(), against, rounds, seconds, results });
  }
  return printVerdict(results);
}

function printTitle(spec) {
  console.log(`\n[${asked.cases.indexOf(spec) + 1}/${asked.cases.length}] ${spec.id}: ${spec.title}`);
}

async function absentCandidates() {
  const absent = new Set();
  for (const name of new Set(asked.cases.flatMap(({ candidates }) => candidates))) {
    const reason = await CANDIDATES[name].available();
    if (reason === undefined) continue;
    absent.add(name);
    console.log(`${CANDIDATES[name].label} is left out: ${reason}`);
  }
  return absent;
}

/** Draws the plots, and puts the tables into the documentation. */
async function report(run) {
  const { draw } = await import('./plots.mjs');
  const { publish } = await import('./publish.mjs');
  await draw(run.results, CANDIDATES);
  publish(run, CANDIDATES);
  console.log('\ndocs/performance.md, README.md and docs/plots have the new figures');
}

/** Measures every candidate once a round, so that a noisy minute falls on all of them. */
async function byTurns(spec, names, generator) {
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
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const cores = cpus().length;
  return { cpu: cpus()[0]?.model, cores, memory, node: process.version, pinned, commit: commitOf(HERE) };
}

function commitOf(checkout) {
  return spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).stdout?.trim();
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
