import { readFileSync, writeFileSync } from 'node:fs';
import { describeGoal, unitOf, written } from './report.mjs';
import { judge } from './statistics.mjs';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** Puts the tables of a full run into the documentation, between its marks. */
export function publish({ machine, rounds, seconds, results }, labels) {
  const { cores, memory, node, commit, cpu } = machine;
  const head =
    `${rounds} rounds of ${seconds} s each, by turns; Node ${node}, ${cores} cores (${cpu ?? 'unknown'}), ${memory}; ` +
    `commit ${commit}. Medians, in brackets the least and the most.`;
  const tables = results.map((result) => `### ${capital(result.title)}\n\n${table(result, labels)}`);
  replace('../docs/performance.md', [head, ...tables].join('\n\n'));
  replace('../README.md', short(results, labels));
}

function table({ kind, candidates, summary, goals = [] }, labels) {
  const isLatency = kind === 'latency';
  const columns = ['', unitOf(kind), 'Hubbub is', ...(isLatency ? ['p50', 'deliveries/s'] : []), 'server', 'generator'];
  const rows = candidates
    .filter((name) => summary[name])
    .map((name) => row(name, kind, summary[name], labels[name].label, isLatency));
  const verdicts = goals.flatMap((goal) => {
    const verdict = judge({ kind }, summary, goal);
    if (!verdict) return [];
    const isOurs = goal.of.startsWith('hubbub');
    const figure = isOurs ? written(kind, verdict.figure) : `${written('', verdict.figure)} x`;
    return [
      `${describeGoal(kind, goal).replace(goal.of, labels[goal.of].label)}: ${figure}, ${verdict.met ? 'met' : '**missed**'}`,
    ];
  });
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [lines.join('\n'), ...(verdicts.length > 0 ? [`Goals: ${verdicts.join('; ')}.`] : [])].join('\n\n');
}

function row(name, kind, line, label, isLatency) {
  const { median, min, max, ratio, cpu, busy, p50, perSecond } = line;
  const isOurs = name.startsWith('hubbub');
  return [
    isOurs ? `**${label}**` : label,
    `${written(kind, median)} (${written(kind, min)} - ${written(kind, max)})`,
    isOurs || !ratio ? '' : `x ${written('', ratio.median)}`,
    ...(isLatency
      ? [written('latency', p50), perSecond === undefined ? '' : Math.round(perSecond).toLocaleString('en')]
      : []),
    percent(cpu),
    percent(busy),
  ];
}

/** The few lines that the README shows. */
function short(results, labels) {
  const shown = ['room-1000-w64', 'room-1000-w1', 'rooms-100x10-w64', 'redis-2-pods', 'idle-10000'];
  const peers = ['socketio', 'socketio-redis-sharded', 'uws', 'nchan', 'ws', 'limit-batch'];
  const found = shown.flatMap((id) => results.find((result) => result.id === id) ?? []);
  const lines = found.map(({ title, kind, summary }) => {
    const rivals = peers
      .filter((name) => summary[name])
      .map((name) => `${labels[name].label} ${written(kind, summary[name].median)}`);
    return `| ${title} | **${written(kind, summary.hubbub?.median)}** ${unitOf(kind)} | ${rivals.join('; ')} |`;
  });
  return ['| load | Hubbub | others |', '|---|---|---|', ...lines].join('\n');
}

function replace(path, text) {
  const url = new URL(path, import.meta.url);
  const page = readFileSync(url, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${path}: expected ${BEGIN} and ${END}`);
  writeFileSync(url, `${page.slice(0, before)}${BEGIN}\n\n${text}\n\n${page.slice(after)}`);
}

function percent(share) {
  return !Number.isFinite(share) ? '' : `${Math.round(100 * share)} %`;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
