import { setTimeout } from 'node:timers/promises';

const env = process.env;

/** Whether this is the long run: `scripts/test.sh --full`. */
const FULL = env['HUBBUB_FULL'] === '1';

/** How much of something is tried: in every run, and in the long one. */
export function scaled(usually: number, full: number): number {
  return FULL ? full : usually;
}

/** Milliseconds that a test of the long run may take. */
export const PATIENCE_MS = scaled(120_000, 1_800_000);

/** How long anything is waited for, in milliseconds: longer than any limit of the server's. */
export const DEADLINE_MS = 20_000;

/** Where the fuzzers begin: `FUZZ_SEED` repeats a run. */
export const SEED = env['FUZZ_SEED'] ? Number(env['FUZZ_SEED']) : Math.floor(Math.random() * 2 ** 31);

/** Rejects where something takes longer than anything may. */
export async function within<T>(promise: Promise<T>, what: string, deadlineMs = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = globalThis.setTimeout(() => reject(new Error(`not within ${deadlineMs} ms: ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does something for every number below `count`, with so many under way at a time. */
export async function each(count: number, atOnce: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      while (next < count) await task(next++);
    } catch (error) {
      next = count;
      throw error;
    }
  };
  await all(Array.from({ length: Math.min(atOnce, count) }, lane));
}

/** Waits for all of them, and rejects if one did: nobody goes on behind a test that failed. */
export async function all(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Waits until a condition holds. Works in hooks too. */
export async function until(ask: () => boolean | Promise<boolean>, what: string, everyMs = 20): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await setTimeout(everyMs);
  }
}
