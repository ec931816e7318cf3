import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { PodProcess } from './pod-process.js';
import { Witness } from './witness.js';

export interface AttackedPod {
  readonly port: number;
  /** See {@link Witness.noticedNothing}. */
  noticedNothing(): Promise<unknown[]>;
}

/**
 * A pod in a process of its own for all tests of a file, with people who chat on it. After each test they must not have
 * noticed anything; in the end the pod must stop as ever, and have logged no warning.
 */
export function attackedPod(env: Readonly<Record<string, string>> = {}): AttackedPod {
  let pod: PodProcess;
  let witness: Witness;
  beforeAll(async () => {
    // The people who chat are asked after every test, which may be often: in their room, and in front of all.
    pod = await PodProcess.start({ RATE_LIMIT: '200', RATE_LIMIT_GLOBAL: '200', ...env });
    witness = await Witness.start(pod.port);
  });
  afterEach(() => witness.noticedNothing());
  afterAll(async () => {
    await witness.stop();
    expect(await pod.stop()).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
    const events = pod.lines.map(({ msg }) => msg).filter((event) => event !== 'refusals');
    expect(events).toEqual(['starting', 'listening', 'stopping', 'stopped']);
  });
  return {
    get port() {
      return pod.port;
    },
    noticedNothing: () => witness.noticedNothing(),
  };
}
