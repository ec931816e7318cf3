import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import type { BroadcastPort, Position } from '../../src/ports/broadcast-port.js';
import type { ChatClient } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { redisEnv, twoPods } from '../support/pods.js';
import { startRedis, type RedisServer } from '../support/redis.js';

const DAY = 86_400;

function client(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function ownRedis(...args: readonly string[]): Promise<RedisServer> {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

async function opened(url: string, prefix = 'realtime'): Promise<BroadcastPort> {
  const broadcaster = redisBroadcaster({ url, prefix, subscribe: 'pattern' });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  await eventually(() => broadcaster.health.ready, true);
  return broadcaster;
}

async function subscribed(broadcaster: BroadcastPort, room: string): Promise<Position | undefined> {
  const result = await broadcaster.subscribe(room);
  return result.status === 'subscribed' ? result.position : undefined;
}

async function published(broadcaster: BroadcastPort, room: string): Promise<Position | undefined> {
  const result = await broadcaster.publish(room, { id: 'm_1', ts: 1, head: '{"data":1', tail: '}' });
  return result.status === 'published' ? result.receipt.position : undefined;
}

async function seen(broadcaster: BroadcastPort, room: string): Promise<Position | undefined> {
  const result = await broadcaster.read(room, { limit: 1 });
  return result.status === 'read' ? result.position : undefined;
}

async function joined(member: ChatClient, room: string, since?: object): Promise<Record<string, unknown>> {
  const { data } = await member.request({ type: 'join', room, ...(since && { data: { since } }) });
  return data;
}

function causes(member: ChatClient, room: string): unknown[] {
  return member.ofType('gap').flatMap((gap) => (gap.room === room ? [gap.data['cause']] : []));
}

describe('a room that nobody has published to', () => {
  it('leaves no key and no memory in Redis, however many are joined, looked at and left', async () => {
    const { url } = await ownRedis();
    const redis = client(url);
    const broadcaster = await opened(url);
    await published(broadcaster, 'warm');
    const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    const [keys, bytes] = [(await redis.keys('*')).toSorted(), await used()];
    const rooms = Array.from({ length: 5000 }, (_, n) => `${'x'.repeat(100)}-${n}`);
    for (let at = 0; at < rooms.length; at += 100) {
      const some = rooms.slice(at, at + 100);
      const positions = await Promise.all(some.map((room) => subscribed(broadcaster, room)));
      expect(positions.map((position) => position?.offset)).toEqual(some.map(() => 0));
      expect(await seen(broadcaster, some[0] ?? '')).toEqual(positions[0]);
      for (const room of some) broadcaster.unsubscribe(room);
    }
    expect((await redis.keys('*')).toSorted()).toEqual(keys);
    // A head took 480 bytes; what connections need varies.
    expect((await used()) - bytes).toBeLessThan(rooms.length * 100);
  });

  it.each([1, 30])(
    'has one epoch on all pods, which %i first messages keep, and a member that returns misses nothing',
    async (count) => {
      const [one, two] = await twoPods({ ...redisEnv(), RATE_LIMIT: '0' });
      const ada = await one.connect();
      const { epoch } = await joined(ada, 'lobby');
      await ada.close();
      const grace = await two.connect();
      expect(await joined(grace, 'lobby')).toMatchObject({ epoch, offset: 0 });
      expect(await joined(grace, 'lobby', { epoch, offset: 0 })).toMatchObject({ recovered: true });
      for (let n = 1; n < count; n++) grace.send({ room: 'lobby', data: { content: n } });
      expect(await grace.say('last', 'lobby')).toMatchObject({ epoch, offset: count });
      const again = await one.connect();
      expect(await joined(again, 'lobby', { epoch, offset: 0 })).toMatchObject({ epoch, recovered: true });
      await again.hears('last', 'lobby');
      expect(again.messages('lobby').map(({ offset }) => offset)).toEqual(
        Array.from({ length: count }, (_, n) => n + 1),
      );
      expect([...causes(again, 'lobby'), ...causes(grace, 'lobby')]).toEqual([]);
    },
  );

  it('stays as it is if a pod of the version before has given it a head', async () => {
    const env = redisEnv();
    const redis = client(env.REDIS_URL);
    const broadcaster = await opened(env.REDIS_URL, env.REDIS_PREFIX);
    const run = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? '';
    const epoch = 'before-this-one-';
    await redis.hset(`${env.REDIS_PREFIX}:head:room:lobby`, { epoch, offset: 0, run });
    expect(await subscribed(broadcaster, 'lobby')).toEqual({ epoch, offset: 0 });
    expect(await published(broadcaster, 'lobby')).toEqual({ epoch, offset: 1 });
  });
});

describe('the base epoch', () => {
  it('ends sooner than any room is forgotten, and is not prolonged', async () => {
    const env = redisEnv();
    const redis = client(env.REDIS_URL);
    const base = `${env.REDIS_PREFIX}:base`;
    const broadcaster = await opened(env.REDIS_URL, env.REDIS_PREFIX);
    await published(broadcaster, 'lobby');
    expect(await redis.ttl(`${env.REDIS_PREFIX}:head:room:lobby`)).toBeGreaterThan(7 * DAY);
    expect(await redis.ttl(base)).toBeGreaterThan(5 * DAY);
    expect(await redis.ttl(base)).toBeLessThanOrEqual(6 * DAY);
    await redis.expire(base, 1000);
    await opened(env.REDIS_URL, env.REDIS_PREFIX);
    expect(await redis.ttl(base)).toBeLessThanOrEqual(1000);
  });

  it('ends without a reset: members in rooms that nobody has published to go on, on all pods', async () => {
    const env = redisEnv();
    const redis = client(env.REDIS_URL);
    const [one, two] = await twoPods(env);
    const ada = await one.connect();
    const { epoch } = await joined(ada, 'lobby');
    await redis.del(`${env.REDIS_PREFIX}:base`);
    const kept = (channel: string) => redis.hget(`${env.REDIS_PREFIX}:head:${channel}`, 'epoch');
    await eventually(() => kept('room:lobby'), epoch, 6000);
    await eventually(async () => (await kept('global')) !== null, true, 6000);
    const grace = await two.connect();
    expect(await joined(grace, 'lobby', { epoch, offset: 0 })).toMatchObject({ epoch, recovered: true });
    expect(await grace.say('first', 'lobby')).toMatchObject({ epoch, offset: 1 });
    await ada.hears('first', 'lobby');
    expect([...causes(ada, 'lobby'), ...causes(grace, 'lobby')]).toEqual([]);
    // A room that is new has the new one.
    expect((await joined(grace, 'new'))['epoch']).not.toBe(epoch);
    await joined(ada, 'new');
    await grace.say('there', 'new');
    await ada.hears('there', 'new');
    expect(causes(ada, 'new')).toEqual([]);
  });

  it('is used by no room again that has lost its head', async () => {
    const env = redisEnv();
    const redis = client(env.REDIS_URL);
    const [one, two] = [await opened(env.REDIS_URL, env.REDIS_PREFIX), await opened(env.REDIS_URL, env.REDIS_PREFIX)];
    const rooms = ['published-anew', 'looked-at', 'known'];
    for (const room of rooms) await published(one, room);
    const { epoch } = (await subscribed(two, 'known')) ?? {};
    for (const room of rooms) await redis.del(`${env.REDIS_PREFIX}:head:room:${room}`);
    await redis.del(`${env.REDIS_PREFIX}:log:room:known`);
    for (const position of [await published(two, 'published-anew'), await seen(two, 'looked-at')]) {
      expect(position?.epoch).not.toBe(epoch);
    }
    expect((await published(two, 'known'))?.epoch).not.toBe(epoch);
  });
});

describe('Redis has lost what was published in the base epoch', () => {
  it('by a flush: no pod begins a room in it again, before or after it notices', async () => {
    const { url } = await ownRedis();
    const redis = client(url);
    const [one, two] = [await opened(url), await opened(url)];
    const first = await published(one, 'lobby');
    await published(one, 'hall');
    expect(first).toEqual({ epoch: await redis.get('realtime:base'), offset: 1 });
    await redis.flushall();
    // More calls than there were, so that their number tells nothing.
    for (let n = 0; n < 4; n++) await published(two, 'another');
    expect((await published(two, 'lobby'))?.epoch).not.toBe(first?.epoch);
    await eventually(() => redis.exists('realtime:base'), 1);
    await eventually(async () => (await seen(two, 'hall'))?.epoch === (await redis.get('realtime:base')), true);
    expect((await published(two, 'hall'))?.epoch).not.toBe(first?.epoch);
  });

  it.each([
    ['a flush', async (redis: RedisServer) => void (await redis.cli('FLUSHALL'))],
    [
      'a restart without persistence',
      async (redis: RedisServer) => {
        await redis.crash();
        await redis.start();
      },
    ],
  ])('by %s: members of rooms that nobody has published to get one reset', async (_, lose) => {
    const redis = await ownRedis();
    const [one, two] = await twoPods({ REDIS_URL: redis.url });
    const members = [await one.connect({ rooms: ['lobby'] }), await two.connect({ rooms: ['lobby'] })];
    await lose(redis);
    for (const member of members) await eventually(() => causes(member, 'lobby'), ['reset'], 5000);
    const [ada, grace] = members;
    await ada?.say('after', 'lobby');
    await grace?.hears('after', 'lobby');
    for (const member of members) expect(causes(member, 'lobby')).toEqual(['reset']);
  });

  it('by a rewind: it ends, even if the pod that published came and went since Redis was saved', async () => {
    const redis = await ownRedis();
    const admin = client(redis.url);
    const witness = await opened(redis.url);
    await redis.cli('SAVE');
    const publisher = await opened(redis.url);
    const first = await published(publisher, 'lobby');
    await publisher.close();
    const run = /^run_id:(\w+)/m.exec(await admin.info('server'))?.[1] ?? '';
    // The publisher counts as gone, and the other has learned of its call by a pulse.
    await eventually(() => admin.zcard(`realtime:pods:${run}`), 1, 6000);
    await redis.crash();
    await redis.start();
    await eventually(async () => (await seen(witness, 'lobby'))?.offset, 0, 6000);
    expect((await seen(witness, 'lobby'))?.epoch).not.toBe(first?.epoch);
    expect((await published(witness, 'lobby'))?.epoch).not.toBe(first?.epoch);
  });

  it('not by a restart with everything: rooms that nobody has published to keep it, without a gap', async () => {
    const redis = await ownRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const [one, two] = await twoPods({ REDIS_URL: redis.url });
    const ada = await one.connect();
    const { epoch } = await joined(ada, 'lobby');
    const runs = async (): Promise<string[]> => (await redis.cli('KEYS', 'realtime:run:*')).split('\n');
    const before = await runs();
    await redis.crash();
    await redis.start();
    const after = async () => (await runs()).find((run) => !before.includes(run)) ?? 'none';
    await eventually(async () => redis.cli('HGET', await after(), 'verdict'), 'kept', 6000);
    for (const pod of [one, two]) await eventually(() => pod.get('/readyz').then(({ status }) => status), 200, 6000);
    const grace = await two.connect();
    expect(await joined(grace, 'lobby', { epoch, offset: 0 })).toMatchObject({ epoch, recovered: true });
    expect(await grace.say('first', 'lobby')).toMatchObject({ epoch, offset: 1 });
    await ada.hears('first', 'lobby');
    expect([...causes(ada, 'lobby'), ...causes(grace, 'lobby')]).toEqual([]);
  });
});
