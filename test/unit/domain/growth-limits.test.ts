import { describe, expect, it } from 'vitest';
import { MemoryBroadcaster } from '../../../src/adapters/memory/index.js';
import type { HubOptions } from '../../../src/domain/hub-options.js';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import type { BroadcastPort, PublishResult } from '../../../src/ports/broadcast-port.js';
import { TestPod, type Received, type TestClient } from '../../support/test-pod.js';

const HOUR_MS = 3_600_000;
/** Bytes per hour; a third of it, 1 MB, at once. */
const LIMIT = 3_000_000;
const LARGE = 'x'.repeat(60_000);

interface Setup {
  readonly options?: Partial<HubOptions>;
  readonly historyBytes?: number;
  readonly auth?: AuthPort;
  readonly broadcaster?: BroadcastPort;
}

function start({ options, historyBytes = 10_000_000, auth, broadcaster }: Setup = {}): Promise<TestPod> {
  return TestPod.started({
    options: { growthLimitUser: LIMIT, maxConnectionsPerUser: 0, ...options },
    ports: {
      broadcaster: broadcaster ?? new MemoryBroadcaster({ historySize: 100, historyBytes }),
      ...(auth && { keepers: { auth, guests: auth, authRequired: true } }),
    },
  });
}

const codeOf = (frames: Received[]): unknown => frames.find(({ type }) => type === 'error')?.data['code'];

/** Says the same thing until it is refused, and answers how often it was not. */
async function sayUntilRefused(client: TestClient, frame: (n: number) => object, most = 200): Promise<number> {
  for (let n = 0; n < most; n++) if (codeOf(await client.send(frame(n))) === 'rate_limited') return n;
  return most;
}

/** Says one thing in each of ever new rooms until it is refused, and answers how often it was not. */
async function fillRooms(client: TestClient, data: unknown, most: number): Promise<number> {
  for (let n = 0; n < most; n++) {
    const room = `room-${n}`;
    client.push({ type: 'join', room });
    client.push({ room, data });
    if (codeOf(await client.send({ type: 'leave', room })) === 'rate_limited') return n;
  }
  return most;
}

describe('what a user adds to what is stored', () => {
  it('is bounded over all rooms and connections, and others go on', async () => {
    const pod = await start();
    const session = 'session-of-mallory-00001';
    const [one, two, ada] = [
      await pod.enter(`session=${session}&room=fill`),
      await pod.enter(`session=${session}&room=other`),
      await pod.enter('room=fill'),
    ];
    expect(await sayUntilRefused(one, () => ({ room: 'fill', data: LARGE }))).toBe(16);
    expect(codeOf(await two.send({ room: 'other', data: LARGE }))).toBe('rate_limited');
    expect(codeOf(await ada.send({ room: 'fill', data: LARGE }))).toBeUndefined();
  });

  it('is told when to try again, after a minute at most, and may go on as time passes', async () => {
    const pod = await start({ options: { growthLimitUser: LIMIT / 10 } });
    const client = await pod.enter('room=fill');
    expect(await sayUntilRefused(client, () => ({ room: 'fill', data: LARGE }))).toBe(1);
    // 20 KB are missing, at 83 bytes per second.
    const [refusal] = await client.send({ room: 'fill', data: LARGE, id: 'again' });
    expect(refusal).toMatchObject({
      re: 'again',
      data: { code: 'rate_limited', retryable: true, retryAfterMs: 60_000 },
    });
    pod.clock.advance(HOUR_MS / 3);
    expect(await sayUntilRefused(client, () => ({ room: 'fill', data: LARGE }))).toBe(1);
  });

  it('does not grow in a room at its bound of bytes or of messages', async () => {
    for (const [historyBytes, data] of [
      [300_000, LARGE],
      [10_000_000, 'x'.repeat(3000)],
    ] as const) {
      const pod = await start({ historyBytes });
      const client = await pod.enter('room=fill');
      expect(await sayUntilRefused(client, () => ({ room: 'fill', data }), 150)).toBe(150);
    }
  });

  it('counts numbers as they are stored, and characters by their bytes', async () => {
    const [small, numbers, wide] = [
      `[${'1,'.repeat(9_999)}1]`,
      `[${'1e20,'.repeat(1_999)}1e20]`,
      JSON.stringify('語'.repeat(10_000)),
    ];
    const counts: number[] = [];
    for (const data of [small, numbers, wide]) {
      const pod = await start();
      const client = await pod.enter('room=fill');
      counts.push(await sayUntilRefused(client, () => ({ room: 'fill', data: JSON.parse(data) as unknown })));
    }
    // 20, 44 and 30 KB each, beside 300 bytes of envelope and overhead.
    expect(counts).toEqual([49, 22, 32]);
  });

  it('counts what a new room costs besides its first message', async () => {
    const pod = await start();
    const client = await pod.enter();
    // 1 MB, at 4,608 bytes and a small message each.
    expect(await fillRooms(client, 1, 400)).toBe(204);
    const other = await start();
    const talker = await other.enter('room=fill');
    expect(await sayUntilRefused(talker, () => ({ room: 'fill', data: 1 }), 1000)).toBe(1000);
  });

  it('has an allowance of its own for receipts of client ids', async () => {
    const pod = await start({ historyBytes: 1000 });
    const client = await pod.enter('room=fill');
    for (let n = 0; n < 5000; n++) client.push({ room: 'fill', data: 1, id: `id-${n}` });
    await pod.settle();
    const refused = client.take().filter(({ type }) => type === 'error');
    // 1 MB, at 178 bytes and a key of about 40 each.
    expect(refused.length).toBeGreaterThan(200);
    expect(refused.length).toBeLessThan(1000);
    expect(codeOf(await client.send({ room: 'fill', data: 1 }))).toBeUndefined();
  });

  it('is counted though RATE_LIMIT is 0, and is unlimited with 0 itself', async () => {
    const pod = await start({ options: { rateLimit: 0, growthLimitUser: 0 } });
    const client = await pod.enter('room=fill');
    expect(await sayUntilRefused(client, () => ({ room: 'fill', data: LARGE }), 50)).toBe(50);
  });
});

describe('a publish that adds nothing', () => {
  const results: [string, PublishResult | undefined][] = [
    ['one that was sent before', undefined],
    ['a conflict', { status: 'conflict' }],
    ['one that was not stored', { status: 'unavailable' }],
  ];
  it.each(results)('costs nothing: %s', async (_name, result) => {
    const broadcaster = new MemoryBroadcaster({ historySize: 100, historyBytes: 10_000_000 });
    const pod = await start({ broadcaster });
    const client = await pod.enter('room=fill');
    await client.send({ room: 'fill', data: LARGE, id: 'once' });
    if (result) broadcaster.publish = () => Promise.resolve(result);
    for (let n = 0; n < 50; n++) {
      expect(codeOf(await client.send({ room: 'fill', data: LARGE, id: 'once' }))).not.toBe('rate_limited');
    }
  });

  it('costs as much as one that was stored if nobody knows', async () => {
    const broadcaster = new MemoryBroadcaster({ historySize: 100, historyBytes: 10_000_000 });
    const pod = await start({ broadcaster });
    const client = await pod.enter('room=fill');
    broadcaster.publish = () => Promise.resolve({ status: 'unavailable', maybe: true });
    expect(await sayUntilRefused(client, () => ({ room: 'fill', data: LARGE }))).toBe(16);
  });
});

describe('guests of one address', () => {
  it('share what they add, however many they are, and those of another address do not', async () => {
    const pod = await start({ options: { growthLimitUser: 0, growthLimitAddress: LIMIT } });
    const enter = async (address: string): Promise<TestClient> => {
      const client = await pod.enter('room=fill', { address });
      return client;
    };
    let stored = 0;
    for (; stored < 100; stored++) {
      const client = await enter('192.0.2.1');
      if (codeOf(await client.send({ room: 'fill', data: LARGE })) === 'rate_limited') break;
      client.leave();
    }
    expect(stored).toBe(16);
    expect(codeOf(await (await enter('192.0.2.2')).send({ room: 'fill', data: LARGE }))).toBeUndefined();
  });

  it('do not share with users who have a token', async () => {
    const user = { id: 'ada', name: 'Ada' };
    const auth: AuthPort = { authenticate: () => Promise.resolve({ user, issuedAt: 0 }) };
    const pod = await start({ options: { growthLimitUser: 0, growthLimitAddress: LIMIT }, auth });
    const client = await pod.enter('room=fill&token=any');
    expect(await sayUntilRefused(client, () => ({ room: 'fill', data: LARGE }), 50)).toBe(50);
  });
});
