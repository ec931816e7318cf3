/*
 * npm run bench -- --against <built checkout>: this checkout beside another, as the gate of a change.
 *
 * Figures of a machine drift by more than a change costs. So both builds are measured one right after the other, and only
 * the ratio within such a pair counts. Which of the two goes first changes from round to round.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuse } from './arguments.mjs';
import { buildOf } from './candidates.mjs';
import { measure } from './measure.mjs';
import { unitOf, written } from './report.mjs';
import { pairedRatios } from './statistics.mjs';

/** The least median of the paired ratios: 1 is as fast, and what lies above this cannot be told from noise. */
const LEAST_RATIO = 0.95;
const NAMES = { ours: 'this', theirs: 'other' };
const THIS = fileURLToPath(new URL('..', import.meta.url));

/**
 * The two builds. Ends the process if one of them is not built: the gate would measure something else.
 *
 * @param {string} path of the other checkout, relative to where the command was typed
 */
export function builds(path) {
  // npm runs scripts in the package's folder and keeps in INIT_CWD where it was called.
  const other = resolve(process.env.INIT_CWD ?? '.', path);
  for (const checkout of [THIS, other]) {
    if (!existsSync(mainOf(checkout)))
      refuse(`${checkout} is not built: (cd ${checkout} && npm ci && npm run build); ${mainOf(checkout)} is missing`);
  }
  if (isStale(THIS)) refuse(`${THIS}dist is older than src: npm run build`);
  return { ours: buildOf('this checkout', mainOf(THIS)), theirs: buildOf(other, mainOf(other)), other };
}

/**
 * Measures a case on both builds and prints each round.
 *
 * @param {import('./cases.mjs').Case} spec
 * @param {ReturnType<typeof builds>} both
 * @param {{ generator: string[], seconds: number, rounds: number }} options
 * @returns the figures of each round, the ratio's median and spread, and why the case fails, if it does
 */
export async function compare(spec, { ours, theirs }, { rounds, ...options }) {
  const pairs = [];
  const errors = [];
  for (let round = 1; round <= rounds; round++) {
    const order = [
      ['ours', ours],
      ['theirs', theirs],
    ];
    if (round % 2 === 0) order.reverse();
    const pair = await measurePair(spec, order, options);
    if (pair.ours && pair.theirs) pairs.push(pair);
    for (const error of pair.errors) errors.push(`round ${round}, ${error}`);
    const figures = order.map(([side]) => `${NAMES[side]} ${written(spec.kind, pair[side]?.value).padStart(7)}`);
    const ratio = pair.ours && pair.theirs && ratioOf(spec, [pair]).median;
    console.log(
      `  round ${round}/${rounds}: ${figures.join(', ')} ${unitOf(spec.kind)}, ratio ${inThousandths(ratio)}`,
    );
  }
  for (const error of errors) console.log(`  FAULT: ${error}`);
  const ratio = ratioOf(spec, pairs);
  const faults = errors.length > 0 ? [`faults: ${errors.length}`] : [];
  if (!(ratio?.median >= LEAST_RATIO)) faults.push(`the median is below ${LEAST_RATIO}`);
  return { ...spec, pairs, ratio, faults };
}

/**
 * A build that fails or delivers nothing is a fault, and so is a message that ours loses: the figure would say nothing.
 *
 * @returns {Promise<{ ours?: object, theirs?: object, errors: string[] }>}
 */
async function measurePair(spec, order, options) {
  /** @type {{ ours?: object, theirs?: object, errors: string[] }} */
  const pair = { errors: [] };
  for (const [side, build] of order) {
    try {
      const figures = await measure(spec, build, options);
      if (!(figures.value > 0)) throw new Error('nothing was measured, the machine is too busy or --seconds too few');
      pair[side] = figures;
      if (side === 'ours') pair.errors.push(...(figures.faults ?? []).slice(0, 1));
    } catch (error) {
      pair.errors.push(`${build.label}: ${error.message.split('\n')[0]}`);
    }
  }
  return pair;
}

function ratioOf({ kind }, pairs) {
  return pairedRatios(
    kind,
    pairs.map(({ ours }) => ours),
    pairs.map(({ theirs }) => theirs),
  );
}

/** Prints the verdict of all cases, and which of them fail. */
export function printVerdict(results) {
  console.log(`\nMedian paired ratio of this checkout to the other; the gate is ${LEAST_RATIO}`);
  for (const { id, ratio, faults } of results) {
    console.log(
      `  ${id.padEnd(20)} ${describe(ratio)}: ${faults.length > 0 ? `FAILED, ${faults.join(', ')}` : 'passed'}`,
    );
  }
  const failed = results.filter(({ faults }) => faults.length > 0).map(({ id }) => id);
  console.log(failed.length > 0 ? `the gate FAILED at ${failed.join(', ')}` : 'the gate passed');
  return failed.length === 0;
}

function describe(ratio) {
  if (!ratio) return 'no ratio';
  const { median, lower, upper, min, max } = Object.fromEntries(
    Object.entries(ratio).map(([name, value]) => [name, inThousandths(value)]),
  );
  return `${median} (middle half ${lower} to ${upper}, all ${min} to ${max})`;
}

function inThousandths(ratio) {
  return Number.isFinite(ratio) ? ratio.toFixed(3) : '-';
}

const mainOf = (checkout) => join(checkout, 'dist/app/main.js');

/** Whether a source has changed since the build. */
function isStale(checkout) {
  const built = statSync(mainOf(checkout)).mtimeMs;
  return readdirSync(join(checkout, 'src'), { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > built,
  );
}
