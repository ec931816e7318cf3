import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisBroadcaster } from '../../../src/adapters/redis/index.js';
import type { Publication } from '../../../src/ports/broadcast-port.js';
import type { Frame } from '../../../src/ports/frame.js';
import { ChaosProxy } from '../../support/faults/chaos-proxy.js';
import { startRedis, type RedisServer } from '../../support/redis.js';
import { RedisWatch, type Command } from '../../support/redis-watch.js';
import { storeUntold } from '../../support/untold.js';

/** Signs of life in which each room is looked at once. */
const ROUND = 3;
/** Rooms looked at in one script call at most. */
const AT_ONCE = 500;
const [LOST, RESET] = ['lost', 'reset'];

describe('a pod that listens to many rooms', () => {
  let redis: RedisServer;
  let prefix = '';
  let tests = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** A broadcaster that listens to so many rooms, and what it was told of each: contents, and what is no message. */
  async function listensTo(count: number, url = redis.url) {
    prefix = `quiet-${++tests}`;
    const rooms = Array.from({ length: count }, (_, n) => `room-${n}`);
    const told = new Map<string, unknown[]>(rooms.map((room) => [room, []]));
    const broadcaster = redisBroadcaster({ url, prefix });
    onTestFinished(() => broadcaster.close());
    await broadcaster.start({
      published: (room, _, frames) => void told.get(room)?.push(...frames.map(contentOf)),
      lost: (room) => void told.get(room)?.push(LOST),
      reset: (room) => void told.get(room)?.push(RESET),
      foreign() {},
      announced() {},
    });
    for (let at = 0; at < count; at += 100) {
      const results = await Promise.all(rooms.slice(at, at + 100).map((room) => broadcaster.subscribe(room)));
      for (const { status } of results) expect(status).toBe('subscribed');
    }
    return { broadcaster, rooms, told };
  }

  /** What Redis carries out between a sign of life and another so many later. */
  async function commandsOf(watch: RedisWatch, signs: number): Promise<Command[]> {
    const sent = (seen: readonly Command[]): number[] =>
      seen.flatMap((command, index) => (isSign(command) ? [index] : []));
    await watch.take();
    const seen = await watch.takeUntil((commands) => sent(commands).length > signs);
    return seen.slice(sent(seen)[0], sent(seen)[signs]);
  }

  /** Loses the last message of some rooms of each share, and waits until all of them are told. */
  async function findsLost({ rooms, told }: Awaited<ReturnType<typeof listensTo>>): Promise<void> {
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    const picked = rooms.filter((_, n) => n % 599 === 0);
    const store = (room: string) => storeUntold(client, { prefix, room, offset: 1, content: `of ${room}` });
    await Promise.all(picked.map(store));
    const isFound = (): boolean => picked.every((room) => told.get(room)?.length === 1);
    await vi.waitUntil(isFound, { interval: 20, timeout: 5000 });
    for (const room of rooms) expect(told.get(room)).toEqual(picked.includes(room) ? [`of ${room}`] : []);
  }

  it('finds a last message that was lost within 5 s, in whatever room', async () => {
    await findsLost(await listensTo(6000));
  });

  it('finds it as soon on a line on which each answer takes 300 ms', async () => {
    const proxy = await ChaosProxy.before(redis.port);
    onTestFinished(() => proxy.close());
    const listening = await listensTo(12_000, proxy.url);
    const watch = await RedisWatch.of(redis.url);
    for (const passage of proxy.passages()) passage.delay(150);
    // What was on its way before does not count.
    await commandsOf(watch, 1);
    await findsLost(listening);
  });

  it('looks at each that is quiet once in three signs, at many in one call, and reads none', async () => {
    const watch = await RedisWatch.of(redis.url);
    const { rooms, told } = await listensTo(4000);
    const commands = await commandsOf(watch, ROUND);
    const looks = commands.filter(({ name }) => name === 'hmget').map(({ args: [head = ''] }) => head);
    expect(looks.toSorted()).toEqual(rooms.map(headOf).toSorted());
    const calls = commands.filter(({ name, args }) => name === 'evalsha' && args.some((key) => looks.includes(key)));
    expect(calls).toHaveLength(ROUND * Math.ceil(rooms.length / ROUND / AT_ONCE));
    expect(Math.max(...calls.map(({ args }) => Number(args[1])))).toBe(AT_ONCE);
    expect(commands.filter(isRead)).toEqual([]);
    expect([...told.values()].flat()).toEqual([]);
  });

  it('reads each once when all heads are gone: a look that finds that out leaves it to who goes through all', async () => {
    const { rooms, told } = await listensTo(4000);
    const watch = await RedisWatch.of(redis.url);
    await commandsOf(watch, 1);
    await redis.cli('FLUSHALL');
    await vi.waitUntil(() => rooms.every((room) => told.get(room)?.length), { interval: 20, timeout: 5000 });
    // What a look has found is read when its sign was heard.
    const commands = [...(await watch.take()), ...(await commandsOf(watch, ROUND))];
    expect(commands.filter(isRead)).toHaveLength(rooms.length);
    for (const room of rooms) expect(told.get(room)).toEqual([RESET]);
  });

  it('has Redis remember each that was published to, even if nobody says anything for a long time', async () => {
    const { rooms, broadcaster } = await listensTo(2 * ROUND);
    for (const room of rooms) await broadcaster.publish(room, publication(room));
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    for (const room of rooms) await client.expire(headOf(room), 100);
    const ttls = () => Promise.all(rooms.map((room) => client.ttl(headOf(room))));
    const areRenewed = async (): Promise<boolean> => (await ttls()).every((ttl) => ttl > 7 * 86_400);
    await vi.waitUntil(areRenewed, { interval: 50, timeout: 20_000 });
  });

  it('reads none of those that are busy either', async () => {
    const watch = await RedisWatch.of(redis.url);
    const { rooms, broadcaster, told } = await listensTo(30);
    const seen = new AbortController();
    const chat = async (room: string): Promise<void> => {
      for (let n = 0; !seen.signal.aborted; n++) {
        expect(await broadcaster.publish(room, publication(`${room}-${n}`))).toMatchObject({ status: 'published' });
      }
    };
    const chats = Promise.all(rooms.map(chat));
    const commands = await Promise.race([commandsOf(watch, ROUND), chats.then(() => [])]);
    seen.abort();
    await chats;
    expect(Math.min(...[...told.values()].map(({ length }) => length))).toBeGreaterThan(ROUND);
    expect(new Set([...told.values()].flat())).toEqual(new Set(['busy']));
    expect(commands.filter(isRead)).toEqual([]);
  });

  const headOf = (room: string): string => `${prefix}:head:room:${room}`;
  const isSign = ({ name, args: [channel = ''] }: Command): boolean =>
    name === 'publish' && channel.startsWith(`${prefix}:pod:`);
});

/** Whether it is a script call that reads a room's log. */
function isRead({ name, args: [, , head = '', log = ''] }: Command): boolean {
  return name === 'evalsha' && head.includes(':head:') && log.includes(':log:');
}

function publication(id: string): Publication {
  return { id, ts: 1, head: `{"type":"chat","id":"${id}","ts":1`, tail: ',"data":{"content":"busy"}}' };
}

function contentOf(frame: Frame): unknown {
  const { data } = JSON.parse(frame.toString()) as { data: { content: unknown } };
  return data.content;
}
