import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import type { BroadcastPort, BroadcastReceiver } from '../../src/ports/broadcast-port.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { startPod } from '../support/pods.js';
import { startRedis, type RedisServer } from '../support/redis.js';

const MIB = 1024 * 1024;
const TOTAL = 4 * MIB;
const MOST = 1.1 * TOTAL;
/** Sixteen entries of a room, 256 KiB in all. */
const CHUNK = 'x'.repeat(16 * 1024);
const CHUNKS = 16;

let redis: RedisServer;
let client: Redis;
let prefix = '';
let tests = 0;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

async function broadcaster(
  { url = redis.url, total = TOTAL }: { url?: string; total?: number } = {},
  receiver: Partial<BroadcastReceiver> = {},
): Promise<BroadcastPort> {
  const port = redisBroadcaster({ url, prefix, historyBytesTotal: total });
  onTestFinished(() => port.close());
  await port.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {}, ...receiver });
  return port;
}

const nameOf = (n: number): string => `room-${String(n).padStart(2, '0')}`;

/** Publishes 256 KiB to a room. */
async function fill(port: BroadcastPort, room: string): Promise<void> {
  for (let n = 0; n < CHUNKS; n++) {
    const message = {
      id: `m_${n}`,
      ts: n,
      head: `{"type":"chat","room":"${room}","id":"m_${n}"`,
      tail: `,"data":"${CHUNK}"}`,
    };
    expect(await port.publish(room, message)).toMatchObject({ status: 'published' });
  }
}

async function calls(command: string): Promise<number> {
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(await client.info('commandstats'))?.[1] ?? 0);
}

/** Waits until a look at the memory of Redis that began after this call has ended, with all that it led to. */
async function looked(): Promise<void> {
  const before = await calls('info');
  let own = 0;
  // The second one: looks come one after the other.
  const hasEnded = async (): Promise<boolean> => (await calls('info')) - before - ++own >= 2;
  await vi.waitUntil(hasEnded, { interval: 20, timeout: 10_000 });
}

/** Waits for so many signs of life, one a second by each pod. */
async function signs(count: number): Promise<void> {
  const before = await calls('zremrangebyscore');
  const haveCome = async (): Promise<boolean> => (await calls('zremrangebyscore')) >= before + count;
  await vi.waitUntil(haveCome, { interval: 50, timeout: 10_000 });
}

/** Rooms that have stored messages, in order of their names. */
async function stored(): Promise<string[]> {
  const logs = await client.keys(`${prefix}:log:room:*`);
  return logs.map((log) => log.slice(`${prefix}:log:room:`.length)).toSorted();
}

async function bytesStored(): Promise<number> {
  const sizes = (await stored()).map((room) =>
    client.call('MEMORY', 'USAGE', `${prefix}:log:room:${room}`, 'SAMPLES', 0),
  );
  return (await Promise.all(sizes)).reduce((sum: number, size) => sum + Number(size), 0);
}

const headOf = (room: string): Promise<Record<string, string>> => client.hgetall(`${prefix}:head:room:${room}`);

describe('a total of stored history', () => {
  beforeEach(() => {
    prefix = `total-${++tests}`;
  });

  it('is exceeded by a tenth at most, and the room published to longest ago gives way first', async () => {
    const port = await broadcaster();
    const most: number[] = [];
    for (let n = 0; n < 26; n++) {
      await fill(port, nameOf(n));
      // Not the first one: it is published to again.
      if (n === 12) await fill(port, nameOf(0));
      if (n > 12) {
        await looked();
        most.push(await bytesStored());
      }
    }
    expect(Math.max(...most)).toBeLessThan(MOST);
    // Whole rooms give way, and the largest of them is a sixth of the total.
    expect(Math.min(...most.slice(-8))).toBeGreaterThan(0.75 * TOTAL);
    const left = await stored();
    const rooms = Array.from({ length: 26 }, (_, n) => nameOf(n));
    const byAge = [...rooms.slice(1, 13), nameOf(0), ...rooms.slice(13)];
    expect(left).toEqual(byAge.slice(-left.length).toSorted());
  });

  it('is bounded by rooms with members last, and a member that keeps up notices nothing', async () => {
    const told: string[] = [];
    const port = await broadcaster(
      {},
      {
        published: (room, first) => void told.push(`published ${room} ${first}`),
        lost: (room) => void told.push(`lost ${room}`),
        reset: (room) => void told.push(`reset ${room}`),
      },
    );
    const other = await broadcaster({ total: 0 });
    const [quiet, alone] = ['quiet', 'alone'];
    await port.subscribe(quiet);
    for (const room of [quiet, alone]) await fill(other, room);
    for (let n = 0; n < 20; n++) await fill(other, nameOf(n));
    await eventually(async () => (await stored()).includes(alone), false);
    expect(await stored()).toContain(quiet);

    // Now all rooms have members.
    for (let n = 0; n < 20; n++) await port.subscribe(nameOf(n));
    for (let n = 0; n < 20; n++) await fill(other, nameOf(n));
    await eventually(async () => (await stored()).includes(quiet), false);
    expect(await bytesStored()).toBeGreaterThan(0.5 * TOTAL);
    const { epoch, offset, bytes, floor } = await headOf(quiet);
    expect([offset, floor]).toEqual(['16', bytes]);
    await fill(other, quiet);
    await vi.waitUntil(() => told.includes(`published ${quiet} 32`), { interval: 20, timeout: 5000 });
    expect(told.filter((line) => !line.startsWith('published'))).toEqual([]);
    const offsets = told.filter((line) => line.includes(` ${quiet} `)).map((line) => Number(line.split(' ')[2]));
    expect(offsets).toEqual(Array.from({ length: 32 }, (_, n) => n + 1));
    expect(await headOf(quiet)).toMatchObject({ epoch, offset: '32' });
  });

  it('leaves a room its place: a reader that comes back is told that the messages expired', async () => {
    const REDIS_HISTORY_BYTES_TOTAL = String(TOTAL);
    const pod = await startPod({ REDIS_URL: redis.url, REDIS_PREFIX: prefix, REDIS_HISTORY_BYTES_TOTAL });
    const other = await broadcaster({ total: 0 });
    await fill(other, 'quiet');
    for (let n = 0; n < 18; n++) await fill(other, nameOf(n));
    await eventually(async () => (await stored()).includes('quiet'), false);
    const ada = await pod.connect();
    const epoch = (await headOf('quiet'))['epoch'];
    const ack = await ada.request({ type: 'join', room: 'quiet', data: { since: { epoch, offset: 10 } } });
    expect(ack.data).toMatchObject({ epoch, offset: 16, recovered: false });
    const gap = await ada.until(() => ada.ofType('gap')[0], 'the gap');
    expect(gap.data).toEqual({ cause: 'expired', from: 11, to: 16, epoch });
    expect(await ada.say('next', 'quiet')).toMatchObject({ epoch, offset: 17 });
  });

  it('is kept by another pod when the one that does it dies', async () => {
    const proxy = await ChaosProxy.before(redis.port);
    onTestFinished(() => proxy.close());
    await broadcaster({ url: proxy.url });
    const holder = (): Promise<string | null> => client.get(`${prefix}:sweeper`);
    await vi.waitUntil(holder, { interval: 20, timeout: 5000 });
    const first = await holder();
    const other = await broadcaster();
    proxy.refuse();
    proxy.cut();
    for (let n = 0; n < 18; n++) await fill(other, nameOf(n));
    await vi.waitUntil(async () => (await bytesStored()) < TOTAL, { interval: 50, timeout: 10_000 });
    expect([null, first]).not.toContain(await holder());
    expect(await bytesStored()).toBeGreaterThan(0.85 * TOTAL);
  });

  it('is kept by one pod alone: one that has lost its lease unnoticed drops nothing', async () => {
    const port = await broadcaster();
    const lease = `${prefix}:sweeper`;
    for (let n = 0; n < 12; n++) await fill(port, nameOf(n));
    await vi.waitUntil(() => client.get(lease), { interval: 20, timeout: 5000 });
    await client.set(lease, 'another pod', 'EX', 60);
    for (let n = 12; n < 15; n++) await fill(port, nameOf(n));
    expect(await bytesStored()).toBeGreaterThan(TOTAL);
    await signs(2);
    expect(await stored()).toHaveLength(15);
  });

  it('that is not set takes nothing: no key is scanned, and no pod is chosen', async () => {
    const scans = await calls('scan');
    const port = await broadcaster({ total: 0 });
    for (let n = 0; n < 18; n++) await fill(port, nameOf(n));
    await signs(2);
    expect(await stored()).toHaveLength(18);
    expect(await calls('scan')).toBe(scans);
    expect(await client.exists(`${prefix}:sweeper`)).toBe(0);
  });
});
