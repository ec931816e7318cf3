import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChatClient } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { startPod, twoPods, type Pod } from '../support/pods.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

async function ownRedis(...args: string[]): Promise<RedisServer> {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

const LASTING = ['--appendonly', 'yes', '--appendfsync', 'always'];

function readiness(pod: Pod): Promise<number> {
  return pod.get('/readyz').then(({ status }) => status);
}

async function upgradeStatus(pod: Pod): Promise<number> {
  const raw = await RawWebSocket.send(pod.port, upgradeRequest('/api/chat-api/ws'));
  const { status } = await raw.response();
  raw.reset();
  return status;
}

/** Publishes until it is taken: after an outage the first tries may come too early. */
async function sayOnceBack(client: ChatClient, content: string, room: string): Promise<void> {
  const send = async (): Promise<string> => {
    const { type } = await client.request({ room, data: { content }, id: content });
    return type;
  };
  await eventually(send, 'ack');
}

describe('a pod whose Redis is away at the start', () => {
  it('lives, says that it is not ready, lets nobody in, and becomes ready by itself', async () => {
    const redis = await ownRedis();
    await redis.crash();
    const pod = await startPod({ REDIS_URL: redis.url });
    expect((await pod.get('/livez')).status).toBe(200);
    const { status, body } = await pod.get('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ error: { code: 'not_ready', message: expect.stringContaining('redis') } });
    const raw = await RawWebSocket.send(pod.port, upgradeRequest('/api/chat-api/ws'));
    const refusal = await raw.response();
    expect(refusal.status).toBe(503);
    expect(refusal.headers['retry-after']).toMatch(/^\d+$/);
    expect(JSON.parse(refusal.body)).toMatchObject({ error: { code: 'unavailable' } });

    await redis.start();
    await eventually(() => readiness(pod), 200);
    const ada = await pod.connect({ rooms: ['lobby'] });
    await ada.say('Hello!', 'lobby');
    await ada.hears('Hello!', 'lobby');
  });

  it('ends at once when it is stopped meanwhile', async () => {
    const redis = await ownRedis();
    await redis.crash();
    const pod = await startPod({ REDIS_URL: redis.url });
    await pod.stop();
  });
});

describe.each(['rooms', 'pattern'])('Redis goes away and comes back, subscribed by %s', (REDIS_SUBSCRIBE) => {
  it('with everything it had: connections stay, sends are refused meanwhile, then all is as before', async () => {
    const redis = await ownRedis(...LASTING);
    const [one, two] = await twoPods({ REDIS_URL: redis.url, REDIS_SUBSCRIBE });
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    await ada.say('before', 'lobby');
    await grace.hears('before', 'lobby');

    await redis.crash();
    const refused = await ada.request({ room: 'lobby', data: { content: 'lost' } });
    expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable', retryable: true } });
    expect(refused.data).not.toHaveProperty('maybe');
    expect((await ada.request({ type: 'join', room: 'new' })).data.code).toBe('unavailable');
    expect((await ada.request({ type: 'history', room: 'lobby' })).data.code).toBe('unavailable');
    for (const pod of [one, two]) await eventually(() => readiness(pod), 503);
    // A client that comes back to twenty rooms is not made to wait for each of them.
    const rooms = Array.from({ length: 20 }, (_, n) => ada.request({ type: 'join', room: `away-${n}` }));
    expect((await ada.request({ type: 'ping' })).type).toBe('pong');
    for (const { data } of await Promise.all(rooms)) expect(data.code).toBe('unavailable');

    await redis.start();
    for (const pod of [one, two]) await eventually(() => readiness(pod), 200);
    await sayOnceBack(ada, 'after', 'lobby');
    await sayOnceBack(grace, 'and back', 'lobby');
    for (const client of [ada, grace]) {
      await client.hears('and back', 'lobby');
      expect(client.isOpen).toBe(true);
      expect(client.contents('lobby')).toEqual(['before', 'after', 'and back']);
      expect(client.messages('lobby').map(({ offset }) => offset)).toEqual([1, 2, 3]);
      expect(client.ofType('gap')).toEqual([]);
    }
    expect((await ada.request({ type: 'join', room: 'new' })).type).toBe('ack');
    await ada.say('to all');
    await grace.hears('to all');
  });

  it('with nothing of what it had: everybody is told of the reset, then all is as before', async () => {
    const redis = await ownRedis();
    const [one, two] = await twoPods({ REDIS_URL: redis.url, REDIS_SUBSCRIBE });
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    const { epoch } = await ada.say('before', 'lobby');
    await grace.hears('before', 'lobby');

    await redis.crash();
    await redis.start();
    for (const client of [ada, grace]) {
      const reset = () => client.ofType('gap').find(({ room }) => room === 'lobby');
      const gap = await client.until(reset, 'the gap');
      expect(gap.data).toMatchObject({ cause: 'reset', from: 1, to: 0 });
      expect(gap.data.epoch).not.toBe(epoch);
    }
    await sayOnceBack(ada, 'after', 'lobby');
    await grace.hears('after', 'lobby');
    await sayOnceBack(grace, 'and back', 'lobby');
    await ada.hears('and back', 'lobby');
    for (const client of [ada, grace]) {
      expect(client.contents('lobby')).toEqual(['before', 'after', 'and back']);
      expect(client.messages('lobby').map(({ offset }) => offset)).toEqual([1, 1, 2]);
    }
  });
});

describe('a Redis that hangs', () => {
  it('does not let a send hang: it may have been published, and the same id settles it', async () => {
    const redis = await ownRedis();
    const [one, two] = await twoPods({ REDIS_URL: redis.url });
    const ada = await one.connect({ rooms: ['lobby'] });
    const grace = await two.connect({ rooms: ['lobby'] });
    await redis.freeze();
    const message = { room: 'lobby', data: { content: 'perhaps' }, id: 'same' };
    const answer = await ada.request(message);
    expect(answer.data).toMatchObject({ code: 'unavailable', retryable: true, maybe: true });
    await redis.thaw();
    await eventually(async () => (await ada.request(message)).type, 'ack');
    await ada.say('sentinel', 'lobby');
    for (const client of [ada, grace]) {
      await client.hears('sentinel', 'lobby');
      expect(client.contents('lobby')).toEqual(['perhaps', 'sentinel']);
    }
  });
});

describe('a Redis that is silent', () => {
  it('is asked for no page of history whose answer nobody waits for', async () => {
    const redis = await ownRedis();
    const pod = await startPod({ REDIS_URL: redis.url });
    const ada = await pod.connect({ rooms: ['lobby'] });
    const calls = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.cli('INFO', 'commandstats'))?.[1]);
    const ask = async (): Promise<string> => (await ada.request({ type: 'history', room: 'lobby' })).type;
    const before = await calls();
    await redis.freeze();
    for (let n = 0; n < 60; n++) expect(await ask()).toBe('error');
    await redis.thaw();
    await eventually(ask, 'ack');
    // Only the pod's signs of life and its recovery are left.
    expect((await calls()) - before).toBeLessThan(30);
  });

  it('keeps nobody waiting longer who has asked for one thing after the other', async () => {
    const redis = await ownRedis();
    const pod = await startPod({ REDIS_URL: redis.url });
    const ada = await pod.connect({ rooms: ['lobby'] });
    await redis.freeze();
    const first = ada.request({ room: 'lobby', data: { content: 'first' } });
    const others = [
      ada.request({ type: 'join', room: 'one' }),
      ada.request({ room: 'lobby', data: { content: 'second' } }),
      ada.request({ type: 'history', room: 'lobby' }),
      ada.request({ type: 'join', room: 'two' }),
      ada.request({ room: 'lobby', data: { content: 'third' } }),
    ];
    const answered = Promise.all(others);
    const within = <T>(ms: number, answer: Promise<T>): Promise<T> => {
      const late = new Promise<never>((_, reject) => setTimeout(reject, ms, new Error('still waiting')).unref());
      return Promise.race([answer, late]);
    };
    // Two seconds are promised.
    expect((await within(3000, first)).data).toMatchObject({ code: 'unavailable', maybe: true });
    // Each of them would have waited as long again.
    for (const { data } of await within(1000, answered)) {
      expect(data).toMatchObject({ code: 'unavailable', retryable: true });
      expect(data).not.toHaveProperty('maybe');
    }
    await redis.thaw();
    await sayOnceBack(ada, 'after', 'lobby');
  });
});

describe('without history, while Redis is away', () => {
  it("the pod's own members still hear each other, and the others again once it is back", async () => {
    const redis = await ownRedis();
    const [one, two] = await twoPods({ REDIS_URL: redis.url, HISTORY_SIZE: '0' });
    const ada = await one.connect({ rooms: ['lobby'] });
    const near = await one.connect({ rooms: ['lobby'] });
    const far = await two.connect({ rooms: ['lobby'] });
    await redis.crash();
    await ada.say('among us', 'lobby');
    await near.hears('among us', 'lobby');
    await redis.start();
    for (const pod of [one, two]) await eventually(() => readiness(pod), 200);
    await ada.say('with you again', 'lobby');
    await far.hears('with you again', 'lobby');
    expect(far.contents('lobby')).toEqual(['with you again']);
    expect(near.contents('lobby')).toEqual(['among us', 'with you again']);
    expect(await upgradeStatus(one)).toBe(101);
  });
});
