import type { Static } from 'typebox';
import { LEAST_TOTAL } from '../adapters/redis/options.js';
import { Value } from 'typebox/value';
import { ConfigError } from './config/config-error.js';
import { readSetting } from './config/read.js';
import { ConfigSchema, planned, settings } from './config/schema.js';

export { ConfigError } from './config/config-error.js';
export { configTable } from './config/table.js';

/** The settings of a pod, by the names of the environment variables. Units stand in the schema's descriptions. */
export type Config = Readonly<Static<typeof ConfigSchema>>;

/**
 * Reads the settings from the environment. A variable that is empty counts as unset. One that is planned and not built
 * is a fault too: who sets a limit must not believe that it holds.
 *
 * @throws {ConfigError} with a line for every variable that is wrong
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const [name, schema] of settings) {
    const text = env[name];
    if (text === undefined || text === '') {
      if (schema.default !== undefined) values[name] = schema.default;
      continue;
    }
    const result = readSetting(name, text, schema);
    if ('fault' in result) faults.push(result.fault);
    else {
      values[name] = result.value;
      given.add(name);
    }
  }
  for (const name of planned) {
    if (env[name] !== undefined && env[name] !== '')
      faults.push(`${name}: this build can't honour it yet, leave it unset`);
  }
  faults.push(...contradictions(values), ...ratesThatDoNotHold(values, given), ...totalsThatDoNotHold(values, given));
  if (faults.length > 0) throw new ConfigError(faults);
  if (Value.Check(ConfigSchema, values)) return Object.freeze(values);
  throw new Error('Config: expected the defaults to fit the schema, got others');
}

/** Who sets a rate must not believe that it holds where all rates are off. */
function ratesThatDoNotHold(values: Readonly<Record<string, unknown>>, given: ReadonlySet<string>): string[] {
  if (values['RATE_LIMIT'] !== 0) return [];
  const idle = [...given].filter((name) => /^(RATE_|UPGRADE_RATE$)/.test(name) && values[name] !== 0);
  return idle.map((name) => `${name}: expected RATE_LIMIT above 0 beside it, got 0, which switches it off`);
}

/** A total that bounds nothing must not be believed in. */
function totalsThatDoNotHold(values: Readonly<Record<string, unknown>>, given: ReadonlySet<string>): string[] {
  const { REDIS_URL: url, REDIS_HISTORY_BYTES_TOTAL: total } = values;
  const faults: string[] = [];
  if (typeof total === 'number' && total > 0 && total < LEAST_TOTAL) {
    faults.push(`REDIS_HISTORY_BYTES_TOTAL: expected 0 or at least ${LEAST_TOTAL}, got "${total}"`);
  } else if (typeof total === 'number' && total > 0 && url === undefined) {
    faults.push('REDIS_HISTORY_BYTES_TOTAL: expected REDIS_URL beside it, got none');
  }
  if (url !== undefined && given.has('HISTORY_BYTES_TOTAL')) {
    faults.push(
      'HISTORY_BYTES_TOTAL: expected no REDIS_URL beside it; REDIS_HISTORY_BYTES_TOTAL bounds what Redis stores',
    );
  }
  return faults;
}

/** Who sets a key believes that it is asked for, and who asks for tokens must say what they are checked with. */
function contradictions(values: Readonly<Record<string, unknown>>): string[] {
  const set = ['JWT_SECRET', 'JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE'].filter((name) => values[name] !== undefined);
  if (values['AUTH_ENABLED'] !== true)
    return set.map((name) => `${name}: expected AUTH_ENABLED=true beside it, got none`);
  if (set.includes('JWT_SECRET') !== set.includes('JWKS_URL')) return [];
  return [
    `AUTH_ENABLED: expected either JWT_SECRET or JWKS_URL beside it, got ${set.includes('JWKS_URL') ? 'both' : 'none'}`,
  ];
}
