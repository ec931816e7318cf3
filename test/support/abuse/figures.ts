import { appendFileSync, readFileSync } from 'node:fs';

/** What came of the attacks on one pod. */
export interface Figures {
  /** Hostile inputs, by kind. */
  readonly tried: Readonly<Record<string, number>>;
  /** Frames that somebody got who should not have. */
  readonly leaked: number;
  /** Bytes that the heap grew by. */
  readonly growth: number;
  /** Sockets that were there in the end and not in the beginning. */
  readonly sockets: number;
  readonly seed: number;
}

/** Files of a project run in processes of their own: a line each is how they are added up. */
export function addFigures(path: string, figures: Figures): void {
  appendFileSync(path, `${JSON.stringify(figures)}\n`);
}

export interface Sum {
  readonly tried: number;
  readonly leaked: number;
  /** For people. */
  readonly text: string;
}

export function sumUp(path: string): Sum {
  const all = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Figures);
  const kinds = new Map<string, number>();
  for (const [kind, count] of all.flatMap(({ tried }) => Object.entries(tried))) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const total = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);
  const tried = total(kinds.values());
  const leaked = total(all.map((figures) => figures.leaked));
  if (all.length === 0) return { tried: 0, leaked: 0, text: 'nothing was tried' };
  const mib = all.map(({ growth }) => growth / 2 ** 20);
  const text = [
    `${show(tried)} hostile inputs tried (${[...kinds].map(([kind, count]) => `${kind} ${show(count)}`).join(', ')})`,
    `${leaked} frames leaked`,
    `heap of ${all.length} pods moved ${Math.min(...mib).toFixed(1)} to ${Math.max(...mib).toFixed(1)} MiB`,
    `${total(all.map(({ sockets }) => sockets))} sockets left`,
    `FUZZ_SEED=${all[0]?.seed}`,
  ];
  return { tried, leaked, text: text.join('; ') };
}

function show(count: number): string {
  return count.toLocaleString('en');
}
