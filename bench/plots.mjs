import { mkdirSync, writeFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const FOLDER = new URL('../docs/plots/', import.meta.url);
const FONT = 'system-ui, sans-serif';
const OURS = '#d9480f';
const PEER = '#868e96';
const LIMIT = '#ced4da';

/** Draws the figures of a full run for the README and docs/performance.md. */
export async function draw(results, labels) {
  mkdirSync(FOLDER, { recursive: true });
  const deliveries = results.filter(({ id, kind }) => kind === 'deliveries' && /^room(s|-1000)/.test(id));
  await save(
    'fan-out',
    bars(
      rows(deliveries, labels, (line) => line.median / 1000),
      'thousand deliveries/s, log scale',
    ),
  );
  const latency = results.filter(({ id }) => id.startsWith('open-'));
  await save(
    'latency',
    bars(
      rows(latency, labels, (line) => line.p99),
      'ms at p99, log scale; less is better',
    ),
  );
  const shared = results.filter(({ id }) => /^redis-\d/.test(id));
  await save(
    'redis',
    bars(
      rows(shared, labels, (line) => line.median / 1000),
      'thousand deliveries/s, log scale',
    ),
  );
}

function rows(results, labels, pick) {
  return results.flatMap(({ title, candidates, summary }) =>
    candidates
      .filter((name) => summary[name] && Number.isFinite(pick(summary[name])))
      .map((name) => ({ load: title, server: labels[name].label, value: pick(summary[name]), kind: kindOf(name) })),
  );
}

function kindOf(name) {
  if (name.startsWith('hubbub')) return 'hubbub';
  return name.startsWith('limit') ? 'limit' : 'peer';
}

/** A row of bars for each load, on a logarithmic scale: the figures lie a hundredfold apart. */
function bars(values, title) {
  // A logarithmic scale has no zero: bars begin below the least figure.
  const least = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ value }) => value))) - 0.01);
  const x = { field: 'value', type: 'quantitative', scale: { type: 'log', domainMin: least, nice: false }, title };
  const y = { field: 'server', type: 'nominal', sort: null, title: null };
  const color = {
    field: 'kind',
    type: 'nominal',
    scale: { domain: ['hubbub', 'peer', 'limit'], range: [OURS, PEER, LIMIT] },
    legend: null,
  };
  const header = { labelAngle: 0, labelAnchor: 'start', labelAlign: 'left', labelOrient: 'top', labelFontSize: 12 };
  const text = { field: 'value', type: 'quantitative', format: ',.3~r' };
  return {
    data: { values },
    facet: { row: { field: 'load', sort: [...new Set(values.map(({ load }) => load))], title: null, header } },
    spec: {
      width: 480,
      height: { step: 16 },
      layer: [
        { mark: { type: 'bar', height: 12 }, encoding: { x, x2: { datum: least }, y, color } },
        { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { x, y, text } },
      ],
    },
    resolve: { scale: { y: 'independent' } },
    config: { font: FONT, background: 'white', view: { stroke: null }, axisY: { labelLimit: 260 } },
  };
}

async function save(name, spec) {
  if (spec.data.values.length === 0) return;
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  writeFileSync(new URL(`${name}.svg`, FOLDER), await view.toSVG());
}
