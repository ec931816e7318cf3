import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { PodProcess } from '../pod-process.js';
import { Crowd } from './crowd.js';
import { addFigures } from './figures.js';
import { Inspector, type Vitals } from './inspector.js';
import type { Query } from './neighbour.js';
import { SEED, until } from './scale.js';

const MIB = 2 ** 20;
const INSPECTOR = /Debugger listening on (ws:\S+)/;
const OF_INSPECTOR = /^(Debugger |For help, see: |Waiting for the debugger).*\n/gm;
/** What a pod says of those whom it refuses, at any level. */
const ABOUT_REFUSALS = ['refusals', 'refused', 'X-Forwarded-For is ignored, its sender is no trusted proxy'];
/** Begins everything that a client says and that no log may ever repeat. */
export const CANARY = 'canary-';

export interface AbusedPod {
  readonly port: number;
  readonly process: PodProcess;
  readonly crowd: Crowd;
  /** Counts hostile inputs for the sum at the end. */
  tried(kind: string, count?: number): void;
  /** What the pod holds after a forced collection. */
  vitals(): Promise<Vitals>;
}

export interface AbusedPodOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** MiB by which the heap may grow over all tests of the file: code that got warm, rooms, ids. @default 8 */
  readonly growth?: number;
  /** MiB by which buffers may grow: the history of rooms, 1 MiB each at most. @default 8 */
  readonly buffers?: number;
  /** What each of the crowd brings to the door, a token for one. @default its name, as guests do */
  readonly proof?: (name: string) => Query;
  /** What the log may say besides the lifecycle. @default nothing */
  readonly mayLog?: readonly string[];
}

/**
 * A pod in a process of its own for all tests of a file, with a crowd that chats all along. After each test nobody may
 * have noticed anything. In the end the attackers' sockets must be gone, the heap must have come back to where it was
 * within a bound, and the log must hold nothing but its own lines.
 */
export function abusedPod(options: AbusedPodOptions = {}): AbusedPod {
  const { env = {}, growth = 8, buffers = 8, mayLog = [], proof = (name) => ({ name }) } = options;
  let parts: { pod: PodProcess; inspector: Inspector; crowd: Crowd; before: Vitals };
  const tried: Record<string, number> = {};

  beforeAll(async () => {
    const pod = await PodProcess.start({ NODE_OPTIONS: '--inspect=127.0.0.1:0', ...env });
    await until(() => INSPECTOR.test(pod.stderr), 'the inspector');
    const inspector = await Inspector.attach(INSPECTOR.exec(pod.stderr)?.[1] ?? '');
    const crowd = await Crowd.gather(pod.port, proof);
    await crowd.noticedNothing();
    parts = { pod, inspector, crowd, before: await inspector.vitals() };
  });

  afterEach(() => parts.crowd.noticedNothing());

  afterAll(async () => {
    const { pod, inspector, crowd, before } = parts;
    const restless = await calm(inspector, before).then(
      () => undefined,
      (error: unknown) => error,
    );
    const after = await inspector.vitals();
    const moved = after.heap - before.heap;
    const figures = { tried, leaked: crowd.leaked, growth: moved, sockets: after.sockets - before.sockets, seed: SEED };
    addFigures(inject('abuseFigures'), figures);
    inspector.detach();
    await crowd.leave();
    const exit = await pod.stop();
    expect(restless).toBeUndefined();
    expect(exit).toEqual({ code: 0, signal: null });
    expectPlainLog(pod, mayLog);
    expect(moved, 'growth of the heap').toBeLessThan(growth * MIB);
    expect(after.buffers - before.buffers, 'growth of buffers').toBeLessThan(buffers * MIB);
  });

  return {
    get port() {
      return parts.pod.port;
    },
    get process() {
      return parts.pod;
    },
    get crowd() {
      return parts.crowd;
    },
    tried: (kind, count = 1) => void (tried[kind] = (tried[kind] ?? 0) + count),
    vitals: () => parts.inspector.vitals(),
  };
}

/** Waits until the attackers' sockets and whatever was begun for them are gone. */
async function calm(inspector: Inspector, before: Vitals): Promise<void> {
  const left = async (): Promise<boolean> => {
    const { sockets, others } = await inspector.vitals();
    return sockets <= before.sockets && others <= before.others;
  };
  await until(left, 'no sockets and timers of the attackers', 250);
}

/** Every line is JSON of the pod's own, and nothing that anybody said stands anywhere. */
function expectPlainLog(pod: PodProcess, mayLog: readonly string[]): void {
  expect(pod.stderr.replace(OF_INSPECTOR, '')).toBe('');
  expect(pod.stdout).not.toContain(CANARY);
  // The line feeds between lines are the only control characters.
  // oxlint-disable-next-line no-control-regex
  expect(pod.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
  const allowed = new Set([...ABOUT_REFUSALS, ...mayLog]);
  const events = pod.lines.map(({ msg }) => msg).filter((event) => !allowed.has(event));
  expect(events).toEqual(['starting', 'listening', 'stopping', 'stopped']);
}
