import { mkdirSync, writeFileSync } from 'node:fs';
import { judge } from './statistics.mjs';

const RESULTS = new URL('results/', import.meta.url);

const UNITS = {
  deliveries: 'thousand deliveries/s',
  messages: 'thousand messages/s',
  latency: 'ms at p99',
  memory: 'KB a connection',
  cpu: '% of a core',
  connections: 'connections/s',
  replay: 's',
};

/** What a figure is in, and how it is written. */
export function unitOf(kind) {
  return UNITS[kind];
}

export function written(kind, figure) {
  if (!Number.isFinite(figure)) return '-';
  const value = kind === 'deliveries' || kind === 'messages' ? figure / 1000 : figure;
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

/** Prints a case as a table: medians with least and most, how many times better we are, and who was busy. */
export function print({ kind, summary, goals = [], candidates }, labels) {
  console.log(`  ${'in '.concat(unitOf(kind)).padEnd(42)} median (least - most)        ours is     server  generator`);
  for (const name of candidates) {
    const line = summary[name];
    if (!line) continue;
    const range = `${written(kind, line.median)} (${written(kind, line.min)} - ${written(kind, line.max)})`;
    const ratio = name.startsWith('hubbub') || !line.ratio ? '' : `x ${written('', line.ratio.median)}`;
    const busy = [line.cpu, line.busy].map((share) => (Number.isFinite(share) ? `${Math.round(100 * share)} %` : ''));
    const columns = [labels[name].label.padEnd(42), range.padEnd(28), ratio.padEnd(11), busy[0].padEnd(7), busy[1]];
    console.log(`  ${columns.join(' ')}`);
    for (const fault of line.faults) console.log(`    FAULT: ${fault}`);
  }
  for (const goal of goals) {
    const verdict = judge({ kind }, summary, goal);
    if (!verdict) continue;
    console.log(
      `  goal ${describeGoal(kind, goal)}: ${written(goal.of.startsWith('hubbub') ? kind : '', verdict.figure)}, ${verdict.met ? 'met' : 'MISSED'}`,
    );
  }
}

export function describeGoal(kind, { of, least, most }) {
  const isOurs = of.startsWith('hubbub');
  const bound = least ?? most;
  const amount = isOurs ? `${written(kind, bound)} ${unitOf(kind)}` : `${bound} x ${of}`;
  return `${least === undefined ? 'at most' : 'at least'} ${amount}`;
}

/** Keeps the figures as they are so far: a run that is ended early is not lost. */
export function write(name, report) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(report, null, 1)}\n`);
}
