/** What there can't be none of. Of all others 0 means any number. */
const FROM_1: ReadonlySet<string> = new Set([
  'messageBytes',
  'sendBuffer',
  'sendBufferBytes',
  'roomBytes',
  'roomsPerConnection',
  'rateBurst',
  'maxConnections',
]);

/**
 * Refuses limits of the library that make no sense, as the settings of a pod do.
 *
 * @throws RangeError that names the limit, what was expected and what came
 */
export function checkLimits(limits: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(limits)) {
    const least = FROM_1.has(name) ? 1 : 0;
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
