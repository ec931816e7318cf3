import { freePort } from './free-port.js';
import { obstacleToContainers, startRedisContainer } from './redis-container.js';
import type { KeyPair } from './redis-certificates.js';
import { findRedisServer, startRedisProcess } from './redis-process.js';
import type { RedisServer, TlsPort } from './redis-server.js';

export { untilRedisAnswers, type RedisServer } from './redis-server.js';

/** How a test wants its Redis. */
export interface RedisOptions {
  /** Arguments for `redis-server`, as `['--appendonly', 'yes']`. Without any, nothing is ever saved to disk. */
  readonly args?: readonly string[];
  /** Has it speak TLS on a second port, with this certificate. */
  readonly tls?: KeyPair;
}

/** The image that tests run; `TEST_REDIS_IMAGE` names another. */
export const REDIS_IMAGE = process.env['TEST_REDIS_IMAGE'] || 'redis:7.4-alpine';

const ALWAYS = ['--save', '', '--appendonly', 'no'];
const said = new Set<string>();

/**
 * Starts a Redis of the caller's own, who must `stop` it. Most tests do with the shared one (`shared-redis.ts`).
 *
 * It runs in a container. Where there is no container engine it is a `redis-server` from the PATH, which is said in
 * one line, and refused where `CI` is `true`.
 *
 * @throws Error that says what to install, where there is neither
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const args = [...ALWAYS, ...(options.args ?? [])];
  const obstacle = await obstacleToContainers(REDIS_IMAGE);
  const tlsPort = async (): Promise<TlsPort | undefined> => options.tls && { ...options.tls, port: await freePort() };
  if (obstacle === undefined) {
    return retryTakenPorts(async (port) => startRedisContainer(REDIS_IMAGE, port, args, await tlsPort()));
  }
  const program = await findRedisServer();
  if (process.env['CI'] === 'true') throw new Error(`${obstacle}. With CI=true tests run against a container only.`);
  if (program === undefined) {
    throw new Error(
      `${obstacle}, and there is no redis-server on the PATH. Install Docker or Redis (scripts/test.sh does).`,
    );
  }
  sayOnce(`redis: ${obstacle}; using ${program} from the PATH instead`);
  return retryTakenPorts(async (port) => startRedisProcess(program, port, args, await tlsPort()));
}

/** A port may be taken between the moment it is found and the moment it is used. */
async function retryTakenPorts(start: (port: number) => Promise<RedisServer>): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 3 || !/already (allocated|in use)/i.test(String(error))) throw error;
    }
  }
}

function sayOnce(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  console.info(line);
}
