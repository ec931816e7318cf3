import { loadConfig, type Config } from '../config.js';
import { isSecret, withoutPassword } from './read.js';

/** The settings that differ from their defaults, for the log: of a secret one only that it is set. */
export function changedSettings(config: Config): Readonly<Record<string, unknown>> {
  const defaults = new Map<string, unknown>(Object.entries(loadConfig({})));
  const changed = Object.entries(config).filter(([name, value]) => String(value) !== String(defaults.get(name)));
  return Object.fromEntries(changed.map(([name, value]) => [name, isSecret(name) ? '(not shown)' : shown(value)]));
}

function shown(value: unknown): unknown {
  return typeof value === 'string' ? withoutPassword(value) : value;
}
