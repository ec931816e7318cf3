import { parseArgs } from 'node:util';
import { CASES } from './cases.mjs';

/** The cases of the gate: each of the hot paths once, alone and over Redis. */
const GATE_CASES = ['room-1000-w64', 'rooms-100x10-w64', 'redis-2-pods', 'redis-through-ids'];
/** A median of fewer paired ratios moves by more than what the gate tolerates. */
const GATE_ROUNDS = 15;

const USAGE = `usage: npm run bench -- [--quick] [--only <case>,...] [--rounds <n>] [--seconds <n>]
       npm run bench -- --against <built checkout> [--only <case>,...] [--rounds <n>] [--seconds <n>]
       npm run bench -- --report`;

/**
 * @typedef {object} Arguments
 * @property {import('./cases.mjs').Case[]} cases to measure, in the order of bench/cases.mjs
 * @property {number} rounds
 * @property {number} seconds that a load lasts
 * @property {'full' | 'quick' | 'only' | 'against'} name of the results in bench/results
 * @property {string} [against] the other checkout, as it was typed
 * @property {boolean} report whether to write the documentation again, and measure nothing
 */

/**
 * Reads the command line. Ends the process with exit code 2 if it asks for what there is not.
 *
 * @returns {Arguments}
 */
export function readArguments() {
  const { quick, only, against, report, ...given } = parse();
  if (against === '') refuse('--against: expected the path of a built checkout, got nothing');
  if (against !== undefined && (quick || report)) refuse(`--against takes no --quick and no --report\n${USAGE}`);
  const ids = only?.split(',') ?? (against === undefined ? undefined : GATE_CASES);
  const usual = against === undefined ? 3 : GATE_ROUNDS;
  return {
    cases: ids ? known(ids) : CASES.filter((spec) => !quick || spec.quick),
    rounds: positive('--rounds', given.rounds ?? (quick ? 1 : usual), Number.isInteger),
    seconds: positive('--seconds', given.seconds ?? (quick ? 1 : 2), Number.isFinite),
    name: against === undefined ? (only ? 'only' : quick ? 'quick' : 'full') : 'against',
    against,
    report,
  };
}

/** Ends the process: what was asked for cannot be measured. */
export function refuse(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        against: { type: 'string' },
        report: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(`${error.message}\n${USAGE}`);
  }
}

/** The cases with these ids. One unknown id is an error even beside known ones: a gate must not shrink by a typo. */
function known(ids) {
  const unknown = ids.filter((id) => CASES.every((spec) => spec.id !== id));
  if (unknown.length > 0)
    refuse(`no such case: ${unknown.join(', ')}; the cases are ${CASES.map(({ id }) => id).join(', ')}`);
  return CASES.filter(({ id }) => ids.includes(id));
}

function positive(option, text, isValid) {
  const value = Number(text);
  return isValid(value) && value > 0 ? value : refuse(`${option}: expected a number above 0, got ${text}`);
}
