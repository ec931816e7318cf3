import { describe, expect, it } from 'vitest';
import { TestPod, type Received } from '../../support/test-pod.js';

const codes = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'error').map(({ data }) => data['code']);

describe('who goes on after errors', () => {
  it('closes a connection that goes on after a thousand errors', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    for (let n = 0; n < 1000; n++) client.push('nonsense');
    await pod.settle();
    expect(client.connection.closed).toBeUndefined();
    client.push('nonsense');
    expect(client.connection.closed?.code).toBe(1008);
    expect(codes(client.take())).toHaveLength(1001);
  });

  it('counts ten seconds from the first error on', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    pod.clock.advance(9_999);
    for (let n = 0; n < 600; n++) client.push('nonsense');
    pod.clock.advance(2);
    for (let n = 0; n < 401; n++) client.push('nonsense');
    expect(client.connection.closed?.code).toBe(1008);
  });

  it('forgets errors that are ten seconds old', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    for (let n = 0; n < 1000; n++) client.push('nonsense');
    pod.clock.advance(10_001);
    for (let n = 0; n < 1000; n++) client.push('nonsense');
    expect(client.connection.closed).toBeUndefined();
  });

  it('closes a connection that goes on with long frames, sooner than a thousand of them', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 1000, rateBurst: 1000, rateLimitBytes: 10_000 } });
    const client = await pod.enter('room=lobby');
    const long = { room: 'lobby', data: 'x'.repeat(9973) };
    for (let n = 0; n < 8 + 12; n++) client.push(long);
    await pod.settle();
    expect(client.connection.closed).toBeUndefined();
    client.push(long);
    await pod.settle();
    expect(client.connection.closed?.code).toBe(1008);
  });
});
