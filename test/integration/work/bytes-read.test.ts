import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisBroadcaster } from '../../../src/adapters/redis/index.js';
import type { BroadcastPort, BroadcastReceiver } from '../../../src/ports/broadcast-port.js';
import { startPod } from '../../support/pods.js';
import { startRedis, type RedisServer } from '../../support/redis.js';
import { storeUntold } from '../../support/untold.js';

const KIB = 1024;
/** Long messages, each an entry of its own, as many as a room keeps by default. */
const MESSAGES = 17;
const LONG = 'x'.repeat(60 * KIB);
/** What a page of them is, and one entry more. */
const PAGE = 256 * KIB + 64 * KIB;
/** Signs of life, acks, and what is asked here. */
const REST = 24 * KIB;

describe('of a room with 1 MiB of history', () => {
  let redis: RedisServer;
  let client: Redis;
  let prefix = '';
  let rooms = 0;
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  /** Bytes that Redis has sent by now, to whomever. */
  async function sent(): Promise<number> {
    return Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))?.[1]);
  }

  async function broadcaster(receiver: Partial<BroadcastReceiver> = {}): Promise<BroadcastPort> {
    const port = redisBroadcaster({ url: redis.url, prefix });
    onTestFinished(() => port.close());
    await port.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {}, ...receiver });
    return port;
  }

  /** Fills a room, and answers its epoch. */
  async function fullRoom(): Promise<string> {
    prefix = `bytes-${++rooms}`;
    const port = await broadcaster();
    let epoch = '';
    for (let n = 1; n <= MESSAGES; n++) {
      const message = {
        id: `m_${n}`,
        ts: n,
        head: `{"type":"chat","room":"lobby","id":"m_${n}"`,
        tail: `,"data":"${LONG}"}`,
      };
      const result = await port.publish('lobby', message);
      if (result.status === 'published') epoch = result.receipt.position?.epoch ?? '';
    }
    return epoch;
  }

  it.each([
    ['the newest', {}],
    ['the oldest', { after: 0 }],
  ])('a history request reads what it is answered: %s', async (_, data) => {
    await fullRoom();
    const pod = await startPod({ REDIS_URL: redis.url, REDIS_PREFIX: prefix });
    const ada = await pod.connect({ rooms: ['lobby'] });
    const before = await sent();
    const { data: page } = await ada.request({ type: 'history', room: 'lobby', data: { ...data, limit: 100 } });
    expect(page.messages).toHaveLength(4);
    expect((await sent()) - before).toBeLessThan(PAGE + REST);
  });

  it('a request for one message reads it and the next', async () => {
    await fullRoom();
    const port = await broadcaster();
    const before = await sent();
    await port.read('lobby', { limit: 1, bytes: 1 });
    expect((await sent()) - before).toBeLessThan(2 * 64 * KIB + REST);
  });

  it('a subscription reads no message', async () => {
    await fullRoom();
    const port = await broadcaster();
    const before = await sent();
    await port.subscribe('lobby');
    expect((await sent()) - before).toBeLessThan(REST);
  });

  it('a resume reads each message once', async () => {
    const epoch = await fullRoom();
    const pod = await startPod({ REDIS_URL: redis.url, REDIS_PREFIX: prefix });
    const ada = await pod.connect();
    const before = await sent();
    await ada.request({ type: 'join', room: 'lobby', data: { since: { epoch, offset: 0 } } });
    await ada.until(() => ada.messages('lobby').length >= MESSAGES, 'all of them');
    // Each page of four brings a fifth one, which shows that there is more.
    expect((await sent()) - before).toBeLessThan(1.25 * MESSAGES * 60 * KIB + 64 * KIB + REST);
  });

  it('a hole is filled page by page', async () => {
    prefix = `bytes-${++rooms}`;
    const told: number[] = [];
    const port = await broadcaster({ published: (room, first) => void (room === 'lobby' && told.push(first)) });
    await port.subscribe('lobby');
    const calls = vi.spyOn(Redis.prototype, 'callBuffer');
    onTestFinished(() => calls.mockRestore());
    for (let offset = 1; offset <= MESSAGES; offset++) {
      await storeUntold(client, { prefix, room: 'lobby', offset, content: LONG });
    }
    await vi.waitUntil(() => told.length === MESSAGES, { interval: 20, timeout: 10_000 });
    expect(told).toEqual(Array.from({ length: MESSAGES }, (_, n) => n + 1));
    const largest = Math.max(...calls.mock.settledResults.map(({ value }) => sizeOf(value)));
    expect(largest).toBeGreaterThan(128 * KIB);
    expect(largest).toBeLessThan(PAGE + REST);
  });
});

function sizeOf(reply: unknown): number {
  if (Array.isArray(reply)) return reply.reduce((sum: number, item) => sum + sizeOf(item), 0);
  return Buffer.isBuffer(reply) ? reply.length : 0;
}
