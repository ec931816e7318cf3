const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const LEAST_MS = 100;

/**
 * Milliseconds to wait before the next attempt. The whole delay is random, so that clients that lost the same server
 * do not come back as a herd.
 *
 * @param attempt 0 for the first after a connection that stood
 * @param random from 0 to below 1
 */
export function backoff(attempt: number, random: number): number {
  return LEAST_MS + Math.floor(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)));
}

/** Close codes after which coming back would only repeat what went wrong. */
const FINAL: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 4401, 4403]);

export function isFinal(closeCode: number): boolean {
  return FINAL.has(closeCode);
}
