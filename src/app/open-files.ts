import type { Config } from './config.js';
import { ConfigError } from './config.js';

/** Sockets beyond `MAX_CONNECTIONS`: health checks, pages, and clients that are being refused. */
export const SPARE_SOCKETS = 64;
/** Descriptors that are no client's: Redis, the key server, the log, the port, and what Node has open. */
const OWN_FILES = 64;

/** Why and how far `MAX_CONNECTIONS` was lowered, for the log. */
export interface Lowered {
  readonly from: number;
  readonly to: number;
  /** What `ulimit -n` is, and what it would have to be. */
  readonly openFiles: number;
  readonly needed: number;
}

/**
 * Lowers `MAX_CONNECTIONS` to what the limit of open files has room for. Without that, clients that dial again and again take
 * every descriptor, and the pod gets none to come back to Redis or to answer a health check.
 *
 * @param limit `undefined`: none that is known
 * @throws {ConfigError} where there is no room for a single connection
 */
export function withinOpenFiles(
  config: Config,
  limit: number | undefined,
): { readonly config: Config; readonly lowered?: Lowered } {
  const needed = config.MAX_CONNECTIONS + SPARE_SOCKETS + OWN_FILES;
  if (limit === undefined || needed <= limit) return { config };
  const to = limit - SPARE_SOCKETS - OWN_FILES;
  if (to < 1) {
    const least = 1 + SPARE_SOCKETS + OWN_FILES;
    throw new ConfigError([`ulimit -n: expected at least ${least} open files, got ${limit}`]);
  }
  const lowered = { from: config.MAX_CONNECTIONS, to, openFiles: limit, needed };
  return { config: Object.freeze({ ...config, MAX_CONNECTIONS: to }), lowered };
}
