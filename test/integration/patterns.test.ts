import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisBroadcaster, type RedisBroadcasterOptions } from '../../src/adapters/redis/index.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import { redisEnv, startPod, twoPods } from '../support/pods.js';
import { sharedRedis } from '../support/shared-redis.js';
import { UNLIMITED } from '../support/unlimited.js';

/** Names that stand close to one another: in a pattern, in a key, or by the words that this server uses itself. */
const ROOMS = [
  ['a', 'A', 'a:', 'a:0', 'a:0:1', 'a:1', 'a.', 'a-', 'a#', 'a@', 'aa', 'ab', 'a_'],
  ['global', 'room', 'room:a', 'room:global', 'head:a', 'log', 'pod:a', '0', 'ā', 'ａ', 'あ'],
].flat();

/** What would be a pattern, an escape, another key or another command. */
const NO_ROOMS = [
  ['*', '?', '[a]', '[^b]', '[a-z]', '\\', '\\*', 'a*', 'a?', 'a[b]', 'a\\', '{a}', 'a{b}', '**', ':a', '#a'],
  ['a\r\nFLUSHALL\r\n', 'a\0', 'a b', 'a/b', 'a%2a', '$a', 'a"', "a'", '\u202ea', '$', '__proto__'],
].flat();

function admin(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function namesOf(redis: Redis, prefix: string): Promise<string[]> {
  const keys = await redis.keys(`${prefix}:*`);
  const channels = (await redis.pubsub('CHANNELS', `${prefix}:*`)) as string[];
  const rooms = [...keys, ...channels].filter((name) => /:room:/.test(name));
  return rooms.map((name) => name.slice(prefix.length + 1)).sort();
}

describe.each(['rooms', 'pattern'])('room names, subscribed by %s', (REDIS_SUBSCRIBE) => {
  it('are each a room of its own, whatever they look like', async () => {
    const [one, two] = await twoPods({ ...redisEnv(), REDIS_SUBSCRIBE, ...UNLIMITED });
    const members = await Promise.all(ROOMS.map((room) => two.connect({ rooms: [room] })));
    const ada = await one.connect({ rooms: ROOMS });
    for (const room of ROOMS) await ada.say(`to ${room}`, room);
    for (const room of ROOMS) await ada.say('sentinel', room);
    for (const [n, room] of ROOMS.entries()) {
      const member = members[n] ?? ada;
      await member.hears('sentinel', room);
      const all = member.frames.filter(({ type }) => type === 'chat');
      expect(all.map((frame) => [frame.room, frame.offset, frame.data.content])).toEqual([
        [room, 1, `to ${room}`],
        [room, 2, 'sentinel'],
      ]);
      const { data } = await member.request({ type: 'history', room });
      expect(data.messages?.map((message) => message.data.content)).toEqual([`to ${room}`, 'sentinel']);
    }
  });

  it('that would be patterns are refused before anything is asked of Redis', async () => {
    const env = { ...redisEnv(), REDIS_SUBSCRIBE, ...UNLIMITED };
    const pod = await startPod(env);
    const ada = await pod.connect({ rooms: ['a'] });
    await ada.say('first', 'a');
    const redis = admin(env.REDIS_URL);
    const before = await namesOf(redis, env.REDIS_PREFIX);
    for (const room of NO_ROOMS) {
      const requests = ['join', 'leave', 'history', 'chat'].map((type) => ({
        type,
        room,
        data: type === 'chat' ? 1 : {},
      }));
      for (const request of requests) {
        expect((await ada.request(request)).data.code).toBe('room_name');
      }
      const guest = await pod.connect({ query: { room } });
      await guest.until(() => guest.ofType('error')[0]?.data.code === 'room_name', 'its refusal');
      await guest.close();
    }
    await ada.say('sentinel', 'a');
    await ada.hears('sentinel', 'a');
    expect(ada.contents('a')).toEqual(['first', 'sentinel']);
    expect(await namesOf(redis, env.REDIS_PREFIX)).toEqual(before);
  });
});

/** A broadcaster, and what foreign programs told it. */
async function listener(
  options: Omit<RedisBroadcasterOptions, 'url'>,
): Promise<{ port: BroadcastPort; heard: string[] }> {
  const port = redisBroadcaster({ url: sharedRedis().url, ...options });
  onTestFinished(() => port.close());
  const heard: string[] = [];
  const foreign = (channel: string, payload: Uint8Array): void =>
    void heard.push(`${channel} ${Buffer.from(payload).toString()}`);
  await port.start({ published() {}, lost() {}, reset() {}, foreign, announced() {} });
  return { port, heard };
}

describe.each(['rooms', 'pattern'] as const)(
  'a prefix of the library that looks like a pattern, by %s',
  (subscribe) => {
    it.each([
      ['*', 'b'],
      ['[ab]', 'a'],
      ['[^b]', 'a'],
      ['?', 'a'],
      ['\\a', 'a'],
      ['a\\', 'a'],
    ])('%s is itself alone', async (glob, other) => {
      const { url, prefix } = sharedRedis();
      const [mine, theirs] = [`${prefix}-${glob}`, `${prefix}-${other}`];
      const { port, heard } = await listener({ prefix: mine, subscribe });
      expect((await port.subscribe('lobby')).status).toBe('subscribed');
      const redis = admin(url);
      // How many heard it: a pattern that matches too much costs, even where what it brings is thrown away.
      expect(await redis.publish(`${theirs}:room:lobby`, '{"data":"theirs"}')).toBe(0);
      expect(await redis.publish(`${mine}:room:lobby`, '{"data":"mine"}')).toBe(1);
      await vi.waitUntil(() => heard.length > 0);
      expect(heard).toEqual(['lobby {"data":"mine"}']);
    });

    it('is no part of a longer one', async () => {
      const { url, prefix } = sharedRedis();
      const { port, heard } = await listener({ prefix, subscribe });
      await port.subscribe('lobby');
      const redis = admin(url);
      for (const longer of [`${prefix}:x`, `${prefix}x`, `x${prefix}`]) {
        expect(await redis.publish(`${longer}:room:lobby`, '{"data":"theirs"}')).toBe(0);
      }
      await redis.publish(`${prefix}:room:lobby`, '{"data":"mine"}');
      await vi.waitUntil(() => heard.length > 0);
      expect(heard).toEqual(['lobby {"data":"mine"}']);
    });
  },
);

it("users' ids and the ids that they give are values in Redis, never part of a name", async () => {
  const env = redisEnv();
  const pod = await startPod(env);
  const canary = 'canary:*[?]';
  const ada = await pod.connect({ rooms: ['a'], query: { name: canary, session: 'canary-of-a-session-0123456789' } });
  await ada.request({ room: 'a', id: canary, type: 'canary', data: { content: canary } });
  await ada.hears(canary, 'a');
  const redis = admin(env.REDIS_URL);
  const names = await namesOf(redis, env.REDIS_PREFIX);
  expect(names).toContain('log:room:a');
  expect(names.filter((name) => /canary|guest/.test(name))).toEqual([]);
});
