/** Median, least and most of some figures. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** Kinds of which less is better. */
const COSTS = new Set(['latency', 'memory', 'cpu', 'replay']);

/** How many times better the first is than the second. */
export function advantage(kind, ours, theirs) {
  return COSTS.has(kind) ? theirs / ours : ours / theirs;
}

/**
 * How many times better one build was than the other in the same round: median, the quartiles, least and most.
 *
 * @param {string} kind of the case
 * @param {{ value: number }[]} ours one entry a round
 * @param {{ value: number }[]} theirs of the same rounds
 */
export function pairedRatios(kind, ours, theirs) {
  const ratios = ours.map(({ value }, round) => advantage(kind, value, theirs[round].value)).sort((a, b) => a - b);
  if (ratios.length === 0) return undefined;
  const quarter = (ratios.length - 1) / 4;
  return { ...spread(ratios), lower: ratios[Math.floor(quarter)], upper: ratios[Math.ceil(3 * quarter)] };
}

/**
 * Sums up the rounds of a case: for each candidate its figures, and how many times better we were in the same round.
 *
 * @param {{ kind: string }} spec
 * @param {Record<string, { value: number }[]>} rounds by candidate, one entry a round
 */
export function summarize({ kind }, rounds) {
  const ours = rounds['hubbub'] ?? [];
  return Object.fromEntries(
    Object.entries(rounds)
      .filter(([, runs]) => runs.length > 0)
      .map(([name, runs]) => {
        const of = (pick) => spread(runs.map(pick).filter((value) => Number.isFinite(value)));
        const ratios = runs.flatMap(({ value }, round) =>
          ours[round] === undefined ? [] : [advantage(kind, ours[round].value, value)],
        );
        return [
          name,
          {
            ...of(({ value }) => value),
            ratio: ratios.length > 0 ? spread(ratios) : undefined,
            cpu: of(({ cpu }) => cpu).median,
            busy: of(({ busy }) => busy).median,
            perSecond: of(({ perSecond }) => perSecond).median,
            p50: of(({ latency }) => latency?.p50).median,
            p99: of(({ latency }) => latency?.p99).median,
            faults: runs.flatMap(({ faults = [] }) => faults).slice(0, 5),
          },
        ];
      }),
  );
}

/** What became of a goal: the figure that it is about, and whether it is met. */
export function judge({ kind }, summary, { of, least, most }) {
  const them = summary[of];
  const us = summary['hubbub'];
  if (!them || !us) return undefined;
  const isAbsolute = of.startsWith('hubbub');
  const ratio = kind === 'memory' ? us.median / them.median : them.ratio?.median;
  const figure = isAbsolute ? them.median : ratio;
  return { figure, met: (least === undefined || figure >= least) && (most === undefined || figure <= most) };
}
