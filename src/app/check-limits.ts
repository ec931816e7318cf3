import { SEND_BUFFER_BYTES_MIN } from './send-buffer.js';

/** Limits with a minimum. For the rest, 0 means unlimited. */
const LEAST: ReadonlyMap<string, number> = new Map([
  ['messageBytes', 1],
  ['sendBuffer', 1],
  ['sendBufferBytes', SEND_BUFFER_BYTES_MIN],
  ['roomBytes', 1],
  ['ringBytesTotal', 1],
  ['roomsPerConnection', 1],
  ['rateBurst', 1],
  ['maxConnections', 1],
]);

/**
 * Refuses limits of the library that make no sense, as the settings of a pod do.
 *
 * @throws RangeError that names the limit, what was expected and what came
 */
export function checkLimits(limits: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(limits)) {
    const least = LEAST.get(name) ?? 0;
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) continue;
    throw new RangeError(`createChat: expected limits.${name} to be a number from ${least} on, got ${String(value)}`);
  }
  if (limits['rateLimit'] !== 0) return;
  // Who sets a rate must not believe that it holds where all rates are off.
  const idle = Object.keys(limits).find((name) => /^(rate|upgradeRate$)/.test(name) && limits[name] !== 0);
  if (idle === undefined) return;
  throw new RangeError(
    `createChat: expected limits.rateLimit above 0 beside limits.${idle}, got 0, which switches it off`,
  );
}
