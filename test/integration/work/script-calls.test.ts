import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../../src/adapters/redis/index.js';
import type { BroadcastPort, Publication, PublishResult } from '../../../src/ports/broadcast-port.js';
import { CountedPod } from '../../support/counted-pod.js';
import { startRedis, type RedisServer } from '../../support/redis.js';
import { RedisWatch, type Command } from '../../support/redis-watch.js';

const MESSAGES = 64;

describe('the commands that a turn costs', () => {
  let redis: RedisServer;
  let tests = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** What this test's pods share, and nobody else. */
  const settings = (HISTORY_SIZE = '100') => ({
    REDIS_URL: redis.url,
    REDIS_PREFIX: `work-${++tests}`,
    HISTORY_SIZE,
  });

  /** The script calls that publish: each names where its answer is kept. */
  const calls = (commands: readonly Command[]): Command[] =>
    commands.filter(({ name, args }) => name === 'evalsha' && args.includes(`work-${tests}:calls`));

  /** The channels of rooms that something was sent to. */
  const channels = (commands: readonly Command[], script: boolean): string[] =>
    commands
      .filter((command) => command.name === 'publish' && command.script === script)
      .map(({ args: [channel = ''] }) => channel)
      .filter((channel) => channel.startsWith(`work-${tests}:room:`))
      .toSorted();

  const rooms = Array.from({ length: 8 }, (_, n) => `room-${n}`);
  const spread = Array.from({ length: MESSAGES }, (_, n) =>
    JSON.stringify({ room: rooms[n % rooms.length], data: { n }, ...(n % 2 === 0 && { id: `${n}` }) }),
  );

  it.each([
    ['one room', rooms.slice(0, 1)],
    ['eight rooms', rooms],
  ])('is one script call, with one payload a room, for messages of %s', async (_, names) => {
    const env = settings();
    const member = await (await CountedPod.start(env)).enter(...names);
    const watch = await RedisWatch.of(redis.url);
    member.say(Array.from({ length: MESSAGES }, (_, n) => JSON.stringify({ room: names[n % names.length], data: n })));
    await member.reads(MESSAGES);
    const commands = await watch.take();
    expect(calls(commands)).toHaveLength(1);
    expect(channels(commands, true)).toEqual(names.map((name) => `${env.REDIS_PREFIX}:room:${name}`));
    expect(channels(commands, false)).toEqual([]);
  });

  it('is one script call where some of the messages have an id', async () => {
    const env = settings();
    const member = await (await CountedPod.start(env)).enter(...rooms);
    const watch = await RedisWatch.of(redis.url);
    member.say(spread);
    await member.reads(1.5 * MESSAGES);
    expect(calls(await watch.take())).toHaveLength(1);
  });

  it('makes no payload in Redis where a pod alone speaks in a room: it sends the entries as they are', async () => {
    const member = await (await CountedPod.start(settings())).enter('lobby');
    const speak = async (): Promise<void> => {
      member.say(Array.from({ length: 2 * MESSAGES }, (_, n) => JSON.stringify({ room: 'lobby', data: n })));
      await member.reads(2 * MESSAGES);
    };
    // Where numbers get longer there is no room for them in what is sent: from 129 to 512 they don't.
    await speak();
    const watch = await RedisWatch.of(redis.url);
    for (let turns = 0; turns < 3; turns++) await speak();
    const commands = await watch.take();
    const sent = new Set(calls(commands).flatMap(({ args }) => args));
    const entries = commands.filter(({ name, script }) => name === 'xadd' && script);
    expect(entries.length).toBeGreaterThan(calls(commands).length);
    for (const { args } of entries) expect(sent).toContain(args[args.indexOf('m') + 1]);
  });

  it('is one payload a room and no script without a history', async () => {
    const env = settings('0');
    const member = await (await CountedPod.start(env)).enter(...rooms);
    const watch = await RedisWatch.of(redis.url);
    member.say(spread);
    await member.reads(1.5 * MESSAGES);
    // The pod's own members are told before Redis is.
    const commands = await watch.takeUntil((seen) => channels(seen, false).length >= rooms.length);
    expect(calls(commands)).toEqual([]);
    expect(channels(commands, false)).toEqual(rooms.map((name) => `${env.REDIS_PREFIX}:room:${name}`));
  });

  it('is nothing while a call is in flight: what comes meanwhile goes with the next one', async () => {
    const env = settings();
    const broadcaster = await started(env);
    const watch = await RedisWatch.of(redis.url);
    const published: Promise<PublishResult>[] = [];
    // Redis takes what writes, and answers it only when it is told to.
    await watch.redis.client('PAUSE', 30_000, 'WRITE');
    for (let round = 0; round < 10; round++) {
      for (const room of rooms) published.push(Promise.resolve(broadcaster.publish(room, publication(round))));
      await turn();
      await turn();
    }
    await watch.redis.client('UNPAUSE');
    for (const { status } of await Promise.all(published)) expect(status).toBe('published');
    expect(calls(await watch.take())).toHaveLength(2);
  });
});

async function started(env: { REDIS_URL: string; REDIS_PREFIX: string }): Promise<BroadcastPort> {
  const broadcaster = redisBroadcaster({ url: env.REDIS_URL, prefix: env.REDIS_PREFIX });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  return broadcaster;
}

function publication(n: number): Publication {
  return { id: `m_${n}`, ts: n, head: `{"id":"m_${n}"`, tail: '}' };
}
