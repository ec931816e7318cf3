import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TOKENS } from '../../src/app/tokens.js';
import { eventually } from '../support/eventually.js';
import { processState, watchServerTimers } from '../support/left-overs.js';
import { redisEnv, startPod, twoPods, type Pod } from '../support/pods.js';
import { UNLIMITED } from '../support/unlimited.js';

/** How long a room's subscription may outlive its last member, with time to spare. */
const LINGER_MS = 10_000;

function lookInto(url: string) {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return {
    /** But for those on which a pod hears itself. */
    channels: async (prefix: string) => {
      const channels = (await redis.pubsub('CHANNELS', `${prefix}:*`)) as string[];
      return channels.filter((channel) => !channel.startsWith(`${prefix}:pod:`)).sort();
    },
    subscribers: async (channel: string) => Number((await redis.pubsub('NUMSUB', channel))[1]),
    /** Connections of pods with this prefix. */
    clients: async (prefix: string) => String(await redis.client('LIST')).split(`name=${prefix}-`).length - 1,
  };
}

function counts(pod: Pod): { readonly connections: number; readonly rooms: number } {
  const { connections, rooms } = pod.container.get(TOKENS.hub).counts;
  return { connections, rooms };
}

describe('a client that goes', () => {
  it('in whatever way, takes along what its rooms held at Redis, but for what others need', async () => {
    const env = redisEnv();
    const { channels, subscribers } = lookInto(env.REDIS_URL);
    const [one, two] = await twoPods(env);
    const stays = await two.connect({ rooms: ['shared'] });
    const leaves = await one.connect({ rooms: ['shared', 'left'] });
    const closes = await one.connect({ rooms: ['shared', 'closed'] });
    const vanishes = await one.connect({ rooms: ['shared', 'vanished'] });
    const channel = (room: string): string => `${env.REDIS_PREFIX}:${room}`;
    const rooms = ['room:closed', 'room:left', 'room:shared', 'room:vanished'].map(channel);
    expect(await channels(env.REDIS_PREFIX)).toEqual([channel('global'), ...rooms]);
    expect(await subscribers(channel('room:shared'))).toBe(2);

    for (const room of ['shared', 'left']) await leaves.request({ type: 'leave', room });
    await closes.close();
    await vanishes.kill();
    await eventually(() => counts(one), { connections: 1, rooms: 1 });
    await eventually(() => channels(env.REDIS_PREFIX), [channel('global'), channel('room:shared')], LINGER_MS);
    await eventually(() => subscribers(channel('room:shared')), 1, LINGER_MS);
    await stays.say('still here', 'shared');
    await stays.hears('still here', 'shared');
  });

  it('who comes back within the linger keeps the subscription', async () => {
    const env = redisEnv();
    const { channels, subscribers } = lookInto(env.REDIS_URL);
    const pod = await startPod(env);
    const ada = await pod.connect({ rooms: ['lobby', 'sentinel'] });
    await ada.request({ type: 'leave', room: 'lobby' });
    await ada.request({ type: 'join', room: 'lobby' });
    // Left later than the lobby was, so its subscription would end later too.
    await ada.request({ type: 'leave', room: 'sentinel' });
    await eventually(() => subscribers(`${env.REDIS_PREFIX}:room:sentinel`), 0, LINGER_MS);
    expect(await channels(env.REDIS_PREFIX)).toContain(`${env.REDIS_PREFIX}:room:lobby`);
    await ada.say('still here', 'lobby');
    await ada.hears('still here', 'lobby');
  });

  it('is counted no more', async () => {
    const pod = await startPod(redisEnv());
    const clients = await Promise.all(Array.from({ length: 20 }, (_, n) => pod.connect({ rooms: [`room-${n % 4}`] })));
    expect(counts(pod)).toEqual({ connections: 20, rooms: 5 });
    await Promise.all(clients.map((client, n) => (n % 2 === 0 ? client.close() : client.kill())));
    await eventually(() => counts(pod), { connections: 0, rooms: 1 });
  });
});

describe('a pod that stops', () => {
  it.each([
    ['alone', {}],
    ['over Redis', { REDIS_SUBSCRIBE: 'rooms' }],
    ['over Redis, subscribed by pattern', { REDIS_SUBSCRIBE: 'pattern' }],
  ])('%s: leaves no socket, listener, timer or subscription', async (_, settings) => {
    const redis = redisEnv();
    const env = 'REDIS_SUBSCRIBE' in settings ? { ...redis, ...settings } : settings;
    const { channels, clients } = lookInto(redis.REDIS_URL);
    await clients(redis.REDIS_PREFIX);
    const timers = watchServerTimers();
    onTestFinished(() => timers.stop());
    const before = processState();

    const pod = await startPod(env);
    const talkers = await Promise.all(Array.from({ length: 10 }, () => pod.connect({ rooms: ['lobby', 'other'] })));
    await Promise.all(talkers.map((client, n) => client.say(n, 'lobby')));
    await talkers[0]?.request({ type: 'leave', room: 'other' });
    await talkers[1]?.kill();
    expect(processState()).not.toEqual(before);
    expect(timers.live()).not.toEqual([]);
    await pod.stop();

    const ends = await Promise.all(talkers.map(({ closed }) => closed));
    expect(ends.filter(({ code }) => code === 1012).length).toBe(9);
    await eventually(processState, before);
    // The limit of a drain can't be cancelled; it keeps no process and runs out soon.
    const kept = () => timers.live().filter((from) => !from.includes('ImmediateScheduler'));
    await eventually(kept, [], LINGER_MS / 5);
    expect(await clients(redis.REDIS_PREFIX)).toBe(0);
    expect(await channels(redis.REDIS_PREFIX)).toEqual([]);
    expect(pod.container.get(TOKENS.server).eventNames()).not.toContain('upgrade');
    expect(counts(pod).connections).toBe(0);
  });

  it('can be stopped twice, and while clients send', async () => {
    const pod = await startPod({ ...redisEnv(), ...UNLIMITED });
    const talkers = await Promise.all(Array.from({ length: 10 }, () => pod.connect({ rooms: ['lobby'] })));
    for (let n = 0; n < 100; n++) for (const client of talkers) client.send({ room: 'lobby', data: n, id: `${n}` });
    await talkers[0]?.until(() => talkers[0]?.ofType('ack').length, 'a first ack');
    await Promise.all([pod.stop(), pod.stop()]);
    await pod.stop();
    for (const client of talkers) {
      expect((await client.closed).code).toBe(1012);
      // What was acked was also delivered to its sender: both went out ahead of the close.
      const own = new Set(client.messages('lobby').map(({ id }) => id));
      const acked = client.ofType('ack').flatMap(({ re, data }) => (re === undefined ? [] : [data['id']]));
      expect(acked.filter((id) => !own.has(String(id)))).toEqual([]);
      expect(client.frames.at(-1)?.type).toBe('draining');
    }
  });
});
