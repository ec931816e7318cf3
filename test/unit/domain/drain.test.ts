import { describe, expect, it } from 'vitest';
import type { PublishResult } from '../../../src/ports/broadcast-port.js';
import { TestPod } from '../../support/test-pod.js';

const restart = (): { code: 1012; reason: string; reconnectAfterMs: () => number } => {
  let delay = 0;
  return { code: 1012, reason: 'restart', reconnectAfterMs: () => ++delay };
};

describe('drain', () => {
  it('tells each client its own delay, delivers what there is, and closes', async () => {
    const pod = await TestPod.started();
    const [a, b] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    a.push({ room: 'lobby', data: 'last words', id: 'one' });
    await pod.hub.drain(restart());
    expect(a.take().map(({ type }) => type)).toEqual(['ack', 'chat', 'draining']);
    expect(b.take()).toMatchObject([
      { type: 'chat', data: 'last words' },
      { type: 'draining', data: { reconnectAfterMs: 2 } },
    ]);
    expect([a.connection.closed, b.connection.closed]).toEqual([
      { code: 1012, reason: 'restart' },
      { code: 1012, reason: 'restart' },
    ]);
  });

  it('waits for publishes that are under way, but not for ever', async () => {
    const pod = new TestPod();
    let answer: (result: PublishResult) => void = () => undefined;
    pod.broadcaster.publish = () => new Promise((resolve) => (answer = resolve));
    await pod.hub.start();
    const client = await pod.enter();
    client.push({ data: 1, id: 'one' });
    const drained = pod.hub.drain(restart());
    await pod.settle();
    expect(client.connection.closed).toBeUndefined();
    answer({ status: 'unavailable' });
    await drained;
    expect(client.take().map(({ type }) => type)).toEqual(['error', 'draining']);

    const stuck = new TestPod();
    stuck.broadcaster.publish = () => new Promise(() => undefined);
    await stuck.hub.start();
    const late = await stuck.enter();
    late.push({ data: 1, id: 'one' });
    const ending = stuck.hub.drain(restart());
    stuck.scheduler.pass();
    await ending;
    expect(late.connection.closed?.code).toBe(1012);
  });

  it('reads nothing more, also of who was not read for another reason', async () => {
    const pod = new TestPod({ options: { rateLimit: 1, rateBurst: 1 } });
    pod.broadcaster.publish = () => new Promise(() => undefined);
    await pod.hub.start();
    const client = await pod.enter();
    client.push({ data: 1 });
    client.push({ data: 2 });
    void pod.hub.drain(restart());
    expect(pod.scheduler.delays.length).toBeGreaterThan(1);
    pod.scheduler.pass();
    expect(client.connection.paused).toBe(true);
  });

  it('does not wait for who takes no answers', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    client.connection.writable = false;
    client.push({ type: 'history', id: 'one' });
    await pod.hub.drain(restart());
    expect(client.connection.closed?.code).toBe(1012);
  });

  it('lets nobody in meanwhile, and says so to readiness', async () => {
    const pod = await TestPod.started();
    const admitted = await pod.knock();
    await pod.hub.drain(restart());
    expect(await pod.knock()).toMatchObject({ status: 503, code: 'draining', retryAfter: expect.any(Number) });
    expect(pod.hub.health).toEqual({ ready: false, reasons: ['draining'] });
    expect(admitted).toHaveProperty('identity');
  });
});
