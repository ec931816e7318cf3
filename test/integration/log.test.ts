import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodePayload } from '../../src/adapters/redis/payload.js';
import { eventually } from '../support/eventually.js';
import { redisEnv, startPod, twoPods } from '../support/pods.js';
import { startRedis } from '../support/redis.js';
import { storeUntold } from '../support/untold.js';
import { UNLIMITED } from '../support/unlimited.js';

function client(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Two pods with a member each, and a way to store a message whose payload gets lost. */
async function withLostPayload() {
  const env = redisEnv();
  const [one, two] = await twoPods(env);
  const ada = await one.connect({ rooms: ['lobby'] });
  const grace = await two.connect({ rooms: ['lobby'] });
  await ada.say('before', 'lobby');
  await grace.hears('before', 'lobby');
  const redis = client(env.REDIS_URL);
  const store = (offset: number, content: string): Promise<void> =>
    storeUntold(redis, { prefix: env.REDIS_PREFIX, room: 'lobby', offset, content });
  return { ada, grace, store, redis, head: `${env.REDIS_PREFIX}:head:room:lobby` };
}

describe('a payload that was lost on a connection that lives', () => {
  it('leaves a hole, which is filled before anything later is told', async () => {
    const { ada, grace, store } = await withLostPayload();
    await store(2, 'untold');
    await ada.say('after', 'lobby');
    for (const member of [ada, grace]) {
      await member.hears('after', 'lobby');
      expect(member.contents('lobby')).toEqual(['before', 'untold', 'after']);
      expect(member.messages('lobby').map(({ offset }) => offset)).toEqual([1, 2, 3]);
      expect(member.ofType('gap')).toEqual([]);
    }
  });

  it('is found within 5 s where nothing comes after it', async () => {
    const { ada, grace, store } = await withLostPayload();
    await store(2, 'untold');
    for (const member of [ada, grace]) await eventually(() => member.contents('lobby'), ['before', 'untold'], 5000);
  });
});

describe('a head that is not what pods know, though nobody has published since', () => {
  it.each([
    ['is gone', (redis: Redis, head: string) => redis.del(head)],
    ['is of another epoch', (redis: Redis, head: string) => redis.hset(head, { epoch: 'another-epoch-12' })],
    ['has lost messages', (redis: Redis, head: string) => redis.hset(head, { offset: 0 })],
  ])('is told as a reset within 5 s: it %s', async (_, change) => {
    const { ada, grace, redis, head } = await withLostPayload();
    await change(redis, head);
    const causes = (member: typeof ada): unknown[] => member.ofType('gap').map(({ data }) => data['cause']);
    for (const member of [ada, grace]) await eventually(() => causes(member), ['reset'], 5000);
  });
});

describe('what is kept in Redis', () => {
  it('is bounded in number and in time', async () => {
    const env = { ...redisEnv(), HISTORY_SIZE: '10', HISTORY_TTL: '60', ...UNLIMITED };
    const ada = await (await startPod(env)).connect({ rooms: ['lobby'] });
    for (let n = 0; n < 500; n++) await ada.say(n, 'lobby');
    const redis = client(env.REDIS_URL);
    const key = (kind: string): string => `${env.REDIS_PREFIX}:${kind}:room:lobby`;
    // Redis trims whole nodes of a hundred entries.
    expect(await redis.xlen(key('log'))).toBeLessThanOrEqual(10 + 200);
    expectBetween(await redis.ttl(key('log')), 1, 60);
    expectBetween(await redis.ttl(key('head')), 61, 60 + 7 * 86_400);
    const spans = await Promise.all([0, 1, 2].map((turn) => redis.ttl(`${key('once')}:${turn}`)));
    // Ten minutes from now at least, whenever the span began.
    expectBetween(Math.max(...spans), 600, 1200);
  });
});

describe('what was published', () => {
  it('is read whole, in both directions, whether it came one by one or many at once', async () => {
    const ada = await (await startPod({ ...redisEnv(), ...UNLIMITED })).connect({ rooms: ['lobby'] });
    for (let n = 1; n <= 40; n++) await ada.say(n, 'lobby');
    for (let n = 41; n <= 79; n++) ada.send({ room: 'lobby', data: { content: n } });
    const { epoch } = await ada.say(80, 'lobby');
    for (const bound of [{ after: 0 }, { before: 81 }]) {
      const { data } = await ada.request({ type: 'history', room: 'lobby', data: { ...bound, limit: 100 } });
      expect(data).toMatchObject({ epoch, more: false });
      expect(data.messages?.map(({ offset }) => offset)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
    }
  });

  it('is remembered by its id in the ten minutes after those in which it came', async () => {
    const env = redisEnv();
    const ada = await (await startPod(env)).connect({ rooms: ['lobby'] });
    const frame = { type: 'chat', room: 'lobby', id: 'once', data: { content: 'Hello!' } };
    const first = await ada.request(frame);
    const redis = client(env.REDIS_URL);
    const hash = `${env.REDIS_PREFIX}:once:room:lobby`;
    const turns = [0, 1, 2];
    const held = await Promise.all(turns.map((turn) => redis.exists(`${hash}:${turn}`)));
    const turn = held.indexOf(1);
    // As if ten minutes had passed.
    await redis.rename(`${hash}:${turn}`, `${hash}:${(turn + 2) % 3}`);
    expect((await ada.request(frame)).data).toEqual(first.data);
    await redis.rename(`${hash}:${(turn + 2) % 3}`, `${hash}:${(turn + 1) % 3}`);
    expect((await ada.request(frame)).data.offset).toBe(2);
  });
});

describe('the bytes that are kept of a room', () => {
  const bounded = async () => {
    const env = { ...redisEnv(), HISTORY_SIZE: '1000', HISTORY_BYTES: '20000', ...UNLIMITED };
    const pod = await startPod(env);
    const ada = await pod.connect({ rooms: ['lobby'] });
    const redis = client(env.REDIS_URL);
    const stored = async (): Promise<string[]> => {
      const entries = await redis.xrangeBuffer(`${env.REDIS_PREFIX}:log:room:lobby`, '-', '+');
      return entries.flatMap(([, fields]) => framesOf(fields[1]));
    };
    return { pod, ada, stored, bytes: async () => Buffer.byteLength((await stored()).join('')) };
  };

  it('are bounded, whether messages come one by one or many at once', async () => {
    const { ada, stored, bytes } = await bounded();
    for (let n = 0; n < 30; n++) {
      await ada.say(`${n} ${'x'.repeat(n * 100)}`, 'lobby');
      expect(await bytes()).toBeLessThanOrEqual(20_000);
    }
    // As many as fit are kept.
    expect(await bytes()).toBeGreaterThan(20_000 - 3_200);
    for (let n = 0; n < 300; n++) ada.send({ room: 'lobby', data: { content: `ä${n}` } });
    await ada.say('last', 'lobby');
    expect(await bytes()).toBeLessThanOrEqual(20_000);
    expect((await stored()).at(-1)).toContain('"last"');
  });

  it('are never less than the newest message', async () => {
    const { ada, stored } = await bounded();
    await ada.say('before', 'lobby');
    await ada.say('x'.repeat(40_000), 'lobby');
    expect(await stored()).toHaveLength(1);
    await ada.say('after', 'lobby');
    expect(await stored()).toEqual([expect.stringContaining('"after"')]);
  });

  it('are what a client that comes back gets, and it is told of the rest', async () => {
    const { pod, ada } = await bounded();
    const { epoch } = await ada.say('first', 'lobby');
    for (let n = 0; n < 10; n++) await ada.say(`${n} ${'x'.repeat(5000)}`, 'lobby');
    const grace = await pod.connect();
    await grace.request({ type: 'join', room: 'lobby', data: { since: { epoch, offset: 1 } } });
    await ada.say('live', 'lobby');
    await grace.hears('live', 'lobby');
    const [missed] = grace.ofType('gap');
    expect(missed?.data).toMatchObject({ cause: 'expired', from: 2 });
    const offsets = grace.messages('lobby').map(({ offset }) => offset);
    expect(offsets[0]).toBe(Number(missed?.data['to']) + 1);
    expect(offsets.at(-1)).toBe(12);
  });
});

describe('a connection that listens and is new', () => {
  it('is subscribed to all rooms again', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    for (const pod of await twoPods({ REDIS_URL: own.url })) await pod.connect({ rooms: ['lobby', 'side'] });
    const redis = client(own.url);
    const heard = () => redis.pubsub('NUMSUB', 'realtime:room:lobby', 'realtime:room:side');
    await eventually(heard, ['realtime:room:lobby', 2, 'realtime:room:side', 2]);
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(heard, ['realtime:room:lobby', 2, 'realtime:room:side', 2]);
  });
});

function framesOf(entry: Buffer = Buffer.alloc(0)): string[] {
  return (decodePayload(entry)?.frames ?? []).map((frame) => Buffer.from(frame).toString());
}

function expectBetween(value: number, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
