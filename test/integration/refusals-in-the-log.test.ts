import { expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { silentLogger } from '../../src/adapters/node/silent-logger.js';
import { RedisWatch, type Command } from '../support/redis-watch.js';
import { publication } from '../support/publication.js';
import { startRedis } from '../support/redis.js';

const SAID = 'redis refuses what it is asked for';
/** Signs of life in which each room is looked at once. */
const LOOKS = 3;

async function stage() {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const said: [string, unknown][] = [];
  const logger = { ...silentLogger, warn: (event: string, fields?: object) => void said.push([event, fields]) };
  const broadcaster = redisBroadcaster({ url: redis.url, logger });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  expect(said.splice(0).map(([event]) => event)).toEqual(['redis may lose messages']);
  return { redis, broadcaster, said };
}

type Stage = Awaited<ReturnType<typeof stage>>;

it('messages that Redis has no room for are told of once, in the words of Redis', async () => {
  const { redis, broadcaster, said } = await stage();
  await broadcaster.publish('lobby', publication('before'));
  await redis.cli('CONFIG', 'SET', 'maxmemory', '1');
  for (const id of ['one', 'two', 'three']) {
    expect(await broadcaster.publish('lobby', publication(id))).toEqual({ status: 'unavailable' });
  }
  expect(said).toEqual([
    [SAID, { cause: expect.stringMatching(/^OOM command not allowed/), hint: 'Redis has reached its maxmemory' }],
  ]);
});

it.each([
  ['a call that publishes', async ({ broadcaster }) => broadcaster.publish('broken', publication('one'))],
  ['a history', async ({ broadcaster }) => broadcaster.read('broken', { limit: 1 })],
  ['an announcement', async ({ broadcaster }) => broadcaster.announce('one')],
  ['a room', async ({ broadcaster }) => broadcaster.subscribe('broken')],
] satisfies [string, (stage: Stage) => Promise<unknown>][])('%s that Redis refuses is told of', async (_, ask) => {
  const all = await stage();
  for (const key of ['head:room:broken', 'announcements']) await all.redis.cli('SET', `realtime:${key}`, 'just text');
  expect(await ask(all)).toMatchObject({ status: 'unavailable' });
  expect(all.said).toContainEqual([SAID, { cause: expect.stringMatching(/^WRONGTYPE/) }]);
});

it('what fails as Redis is away is not told of as if Redis had refused it', async () => {
  const { redis, broadcaster, said } = await stage();
  await redis.crash();
  expect(await broadcaster.read('lobby', { limit: 1 })).toEqual({ status: 'unavailable' });
  expect(said.map(([event]) => event)).toEqual(['redis is away']);
});

it('a room whose key another program has spoilt does not take the others with it', async () => {
  const { redis, broadcaster, said } = await stage();
  await broadcaster.subscribe('broken');
  const watch = await RedisWatch.of(redis.url);
  await redis.cli('SET', 'realtime:head:room:broken', 'just text');
  const isSign = ({ name }: Command): boolean => name === 'publish';
  await watch.takeUntil((seen) => seen.filter(isSign).length > LOOKS);
  expect(said).toEqual([]);
  expect(broadcaster.health).toEqual({ ready: true });
  expect(await broadcaster.publish('lobby', publication('one'))).toMatchObject({ status: 'published' });
});
