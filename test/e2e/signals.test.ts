import { describe, expect, it, onTestFinished } from 'vitest';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { CLOSE, RawWebSocket, TEXT, upgradeRequest } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis.js';
import { sharedRedis } from '../support/shared-redis.js';

const PATH = '/api/chat-api/ws';

async function startPod(env: Record<string, string> = {}): Promise<PodProcess> {
  const pod = await PodProcess.start(env);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

/** Connects somebody who never answers a close frame, which holds the drain open. */
async function stubborn(port: number): Promise<RawWebSocket> {
  const raw = await RawWebSocket.open(port, PATH);
  onTestFinished(() => raw.reset());
  expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome' });
  return raw;
}

const settings = [
  ['alone', () => ({})],
  ['over Redis', () => ({ REDIS_URL: sharedRedis().url, REDIS_PREFIX: sharedRedis().prefix })],
  ['whose Redis is away', () => ({ REDIS_URL: 'redis://127.0.0.1:1' })],
] as const;

describe.each(settings)('a pod %s', (name, env) => {
  it.each([
    ['SIGTERM', 1012],
    ['SIGINT', 1001],
  ] as const)('ends by itself on %s, with nothing on standard error', async (signal, code) => {
    const pod = await startPod(env());
    const clients = [];
    if (name !== 'whose Redis is away') {
      for (let n = 0; n < 5; n++) clients.push(await connectClient(pod.port, { rooms: ['lobby'] }));
    }
    pod.signal(signal);
    expect(await pod.exited).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
    for (const client of clients) expect((await client.closed).code).toBe(code);
  });
});

describe('a pod that is still starting', () => {
  it('ends by itself on SIGTERM as well', async () => {
    const pod = new PodProcess({ REDIS_URL: 'redis://127.0.0.1:1', LOG_LEVEL: 'debug' });
    onTestFinished(async () => void (await pod.stop()));
    await pod.logged('redis is away');
    pod.signal('SIGTERM');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
  });
});

describe('a drain', () => {
  it('tells each client when to come back, then closes', async () => {
    const pod = await startPod({ DRAIN_MS: '10000' });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectClient(pod.port)));
    pod.signal('SIGTERM');
    const delays = new Set<unknown>();
    for (const client of clients) {
      const { code, reason } = await client.closed;
      expect([code, reason]).toEqual([1012, expect.stringMatching(/./)]);
      expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'draining']);
      const delay = client.frames.at(-1)?.data['reconnectAfterMs'];
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(10_000);
      delays.add(delay);
    }
    expect(delays.size).toBeGreaterThan(10);
  });

  it('finishes what is under way: who has sent is told what became of it, and hears it', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await startPod({ REDIS_URL: redis.url });
    const ada = await connectClient(pod.port, { rooms: ['lobby'] });
    await redis.freeze();
    ada.send({ room: 'lobby', data: { content: 'last words' }, id: 'last' });
    // The pod has read it once it has answered this, which came later.
    expect((await fetch(`http://127.0.0.1:${pod.port}/livez`)).status).toBe(200);
    pod.signal('SIGTERM');
    await pod.logged('stopping');
    await redis.thaw();
    expect((await ada.closed).code).toBe(1012);
    expect(ada.contents('lobby')).toEqual(['last words']);
    expect(ada.frames.find(({ re }) => re === 'last')?.type).toBe('ack');
    expect(ada.frames.at(-1)?.type).toBe('draining');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
  });

  it('lets nobody in, neither a new connection nor one that was half-way', async () => {
    const pod = await startPod();
    const holding = await stubborn(pod.port);
    const request = upgradeRequest(PATH);
    const halfWay = await RawWebSocket.send(pod.port, request.slice(0, -10));
    const asking = await RawWebSocket.send(pod.port, 'GET /readyz HTTP/1.1\r\nHost: chat.example\r\n');
    for (const raw of [halfWay, asking]) onTestFinished(() => raw.reset());
    // The pod has read both once it has answered this, which came later.
    expect((await fetch(`http://127.0.0.1:${pod.port}/livez`)).status).toBe(200);
    pod.signal('SIGTERM');
    expect(JSON.parse(await holding.text())).toMatchObject({ type: 'draining' });
    expect((await holding.next())?.opcode).toBe(CLOSE);

    halfWay.write(Buffer.from(request.slice(-10)));
    asking.write(Buffer.from('\r\n'));
    const late = await RawWebSocket.send(pod.port, request);
    onTestFinished(() => late.reset());
    expect((await asking.response()).status).toBe(503);
    for (const raw of [halfWay, late]) {
      const { status, headers } = await raw.response();
      expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    }
    expect(await pod.exited).toEqual({ code: 0, signal: null });
  });

  it('is begun by SIGHUP as by SIGTERM', async () => {
    const pod = await startPod();
    const client = await connectClient(pod.port);
    pod.signal('SIGHUP');
    expect((await client.closed).code).toBe(1012);
    expect(client.frames.at(-1)?.type).toBe('draining');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
  });

  it('waits 2 s for a client that never answers the close, and signals that come at once do not cut it short', async () => {
    const pod = await startPod();
    const holding = await stubborn(pod.port);
    pod.signal('SIGTERM');
    pod.signal('SIGHUP');
    await pod.logged('stopping');
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) pod.signal(signal);
    expect(await pod.exited).toEqual({ code: 0, signal: null });
    expect((await holding.rest()).map(({ opcode }) => opcode)).toEqual([TEXT, CLOSE]);
    expect(pod.lines.at(-1)?.msg).toBe('stopped');
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGINT'],
  ] as const)('begun by %s is ended at once by %s a second later', async (first, second) => {
    const pod = await startPod();
    const holding = await stubborn(pod.port);
    pod.signal(first);
    expect(JSON.parse(await holding.text())).toMatchObject({ type: 'draining' });
    // By itself it would end with 0, a second after the signals begin to count.
    const again = setInterval(() => pod.signal(second), 20);
    onTestFinished(() => clearInterval(again));
    expect(await pod.exited).toEqual({ code: 1, signal: null });
    expect(pod.lines.map(({ msg }) => msg)).not.toContain('stopped');
  });
});
