import type { Redis } from 'ioredis';
import { CLUSTER, SetupError } from './errors.js';

/** What cannot carry a chat, by `redis_mode`. */
const UNFIT: ReadonlyMap<string, string> = new Map([
  ['cluster', CLUSTER],
  ['sentinel', 'the URL leads to a Sentinel, which stores nothing: name the primary'],
]);

/**
 * The id that Redis gave itself at its start.
 *
 * @throws SetupError if it is a kind of Redis that Hubbub cannot use
 */
export async function runIdOf(redis: Redis): Promise<string> {
  const server = await infoOf(redis, 'server');
  const unfit = UNFIT.get(server.get('redis_mode') ?? '');
  if (unfit !== undefined) throw new SetupError(unfit);
  const id = server.get('run_id');
  if (id === undefined) throw new Error('redis: expected a run_id in INFO server, got none');
  return id;
}

/**
 * Says by which of its settings Redis may lose messages; `undefined` if by none that INFO shows. CONFIG would say it for
 * certain, but managed Redis forbids it, and the pods' user has no right to it.
 */
export async function lossesOf(redis: Redis): Promise<string | undefined> {
  const [memory, disk] = await Promise.all([infoOf(redis, 'memory'), infoOf(redis, 'persistence')]);
  const policy = memory.get('maxmemory_policy') ?? 'noeviction';
  const losses = [
    ...(policy === 'noeviction' ? [] : [`maxmemory-policy is ${policy}, which drops keys: set noeviction`]),
    ...(isSaved(disk)
      ? []
      : ['INFO shows no persistence (no AOF, no snapshot yet): set appendonly yes, or save points']),
  ];
  return losses.length === 0 ? undefined : losses.join('; ');
}

/** What Redis has allocated for everything in it, in bytes. */
export async function usedMemoryOf(redis: Redis): Promise<number> {
  return Number((await infoOf(redis, 'memory')).get('used_memory'));
}

/** INFO does not show save points, only what they have led to. */
function isSaved(disk: ReadonlyMap<string, string>): boolean {
  if (disk.get('aof_enabled') !== '0') return true;
  const counts = ['rdb_saves', 'rdb_bgsave_in_progress', 'rdb_last_load_keys_loaded'];
  return counts.some((name) => Number(disk.get(name) ?? 0) > 0) || Number(disk.get('rdb_last_bgsave_time_sec')) >= 0;
}

async function infoOf(redis: Redis, section: string): Promise<ReadonlyMap<string, string>> {
  const text = await redis.info(section);
  return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}
