import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { silentLogger } from '../../src/adapters/node/silent-logger.js';
import { eventually } from '../support/eventually.js';
import { startPod } from '../support/pods.js';
import { publication } from '../support/publication.js';
import { GuardedRedis } from '../support/redis-acl.js';
import { startRedis, type RedisOptions, type RedisServer } from '../support/redis.js';

const LOSSES = 'redis may lose messages';

interface Warning {
  readonly event: string;
  readonly cause?: unknown;
  readonly hint?: unknown;
}

async function redisWith(options: RedisOptions): Promise<RedisServer> {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A broadcaster that has begun to connect, and what it warns of. */
function broadcasterOver(url: string) {
  const warnings: Warning[] = [];
  const warn = (event: string, fields?: object): void => void warnings.push({ event, ...fields });
  const broadcaster = redisBroadcaster({ url, logger: { ...silentLogger, warn } });
  onTestFinished(() => broadcaster.close());
  void broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  return { broadcaster, warnings };
}

/** Waits until the broadcaster says why it is not ready; its log then says the same. */
async function isUnfit(url: string, meaning: RegExp): Promise<void> {
  const { broadcaster, warnings } = broadcasterOver(url);
  const isKnown = (): boolean =>
    !broadcaster.health.ready && broadcaster.health.reason.startsWith('redis cannot be used');
  await eventually(isKnown, true);
  const reason = broadcaster.health.ready ? '' : broadcaster.health.reason;
  expect(reason).toMatch(meaning);
  expect(warnings.map(({ cause, hint }) => `redis cannot be used: ${String(hint ?? cause)}`)).toEqual([reason]);
}

it('a database that Redis does not have keeps the pod unready, and nothing is written to database 0', async () => {
  const redis = await redisWith({});
  const url = `${redis.url}/99`;
  const unfit = isUnfit(url, /Redis refuses database 99 of the URL/);
  const [pod] = await Promise.all([startPod({ REDIS_URL: url }), unfit]);
  const { status, body } = await pod.get('/readyz');
  expect([status, body]).toEqual([503, expect.stringContaining('redis cannot be used: Redis refuses database 99')]);
  expect(await redis.cli('DBSIZE')).toBe('0');
  expect(await redis.cli('INFO', 'commandstats')).not.toMatch(/cmdstat_(evalsha|subscribe)/);
});

it('a database that the user may not select keeps the pod unready until the right is granted', async () => {
  const redis = await GuardedRedis.start();
  onTestFinished(() => redis.stop());
  await redis.acl('SETUSER', 'hubbub', 'on', '>password', '~*', '&*', '+@all', '-select');
  const url = `${redis.url('hubbub', 'password')}/1`;
  const { broadcaster, warnings } = broadcasterOver(url);
  const reason = 'the user of the URL may not SELECT database 1: grant +select, or leave it out';
  await eventually(() => broadcaster.health, { ready: false, reason: `redis cannot be used: ${reason}` });
  expect(warnings).toEqual([{ event: 'redis is away', cause: expect.stringContaining('NOPERM'), hint: reason }]);
  await redis.acl('SETUSER', 'hubbub', '+select');
  await eventually(() => broadcaster.health.ready, true);
  expect(await broadcaster.publish('lobby', publication('one'))).toMatchObject({ status: 'published' });
  expect(await redis.admin.dbsize()).toBe(0);
  // The right is taken away from a pod that works: nor does it go on in database 0 then.
  await redis.acl('SETUSER', 'hubbub', '-select');
  await redis.admin.client('KILL', 'USER', 'hubbub');
  await eventually(() => broadcaster.health, { ready: false, reason: `redis cannot be used: ${reason}` });
  expect(await redis.admin.dbsize()).toBe(0);
});

it.each(['', '/3'])('a node of a cluster is named as such, by a URL that ends with "%s"', async (database) => {
  const redis = await redisWith({ args: ['--cluster-enabled', 'yes'] });
  await isUnfit(`${redis.url}${database}`, /cluster mode, which Hubbub does not support: use one without it/);
});

it('TLS to a plain port is told apart from a Redis that is away', async () => {
  const redis = await redisWith({});
  await isUnfit(`rediss://127.0.0.1:${redis.port}`, /if it speaks none, use redis:\/\//);
});

// A TLS port of Redis resets a connection that begins without TLS. In a container the proxy of the engine is in between, and
// makes a plain end of it.
it('plain text to a port that resets it, as that of TLS does, is told apart from a Redis that is away', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await isUnfit(`redis://127.0.0.1:${port}`, /if it speaks TLS, use rediss:\/\//);
});

it('a Redis that is away has no other reason', async () => {
  const { broadcaster, warnings } = broadcasterOver('redis://127.0.0.1:1');
  const about = { event: 'redis is away', cause: expect.stringContaining('ECONNREFUSED') };
  await eventually(() => warnings, [about]);
  expect(broadcaster.health).toEqual({ ready: false, reason: 'no contact with redis' });
});

it.each([
  ['evicts and saves nothing', ['--maxmemory-policy', 'allkeys-lru'], /allkeys-lru.*noeviction; .*no persistence/],
  ['evicts', ['--maxmemory-policy', 'volatile-ttl', '--appendonly', 'yes'], /^maxmemory-policy is volatile-ttl[^;]*$/],
  ['saves nothing', [], /^INFO shows no persistence \(no AOF, no snapshot yet\)[^;]*$/],
])('a Redis that %s is warned of once', async (_what, args, cause) => {
  const redis = await redisWith({ args });
  const { broadcaster, warnings } = broadcasterOver(redis.url);
  const about = { event: LOSSES, cause: expect.stringMatching(cause) };
  await eventually(() => broadcaster.health.ready, true);
  expect(warnings).toEqual([about]);
  await redis.crash();
  await redis.start();
  await eventually(() => broadcaster.health.ready && warnings.length > 1, true);
  expect(warnings.filter(({ event }) => event === LOSSES)).toEqual([about]);
});

it.each([
  ['an append-only file', ['--appendonly', 'yes'], async () => undefined],
  ['snapshots', ['--save', '3600 1'], async (redis: RedisServer) => redis.cli('SAVE')],
])('a Redis with %s is not warned of', async (_what, args, prepare) => {
  const redis = await redisWith({ args });
  await prepare(redis);
  const { broadcaster, warnings } = broadcasterOver(redis.url);
  await eventually(() => broadcaster.health.ready, true);
  expect(warnings).toEqual([]);
});
