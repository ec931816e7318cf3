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
    const pod = await TestPod.started({ options: { rateLimit: 1000, rateBurst: 1000, rateLimitBytes: 20_000 } });
    const client = await pod.enter('room=lobby');
    // Of what may be sent in twelve seconds each is a 24th part.
    const long = { room: 'lobby', data: 'x'.repeat(9973) };
    for (let n = 0; n < 16 + 24; n++) client.push(long);
    await pod.settle();
    expect(client.connection.closed).toBeUndefined();
    client.push(long);
    await pod.settle();
    expect(client.connection.closed?.code).toBe(1008);
  });

  it('sends nobody away for less than twenty frames too many, however long they are', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 1000, rateBurst: 1000, rateLimitBytes: 1000 } });
    const client = await pod.enter('room=lobby');
    for (let n = 0; n < 1 + 20; n++) client.push({ room: 'lobby', data: 'x'.repeat(60_000) });
    await pod.settle();
    expect(client.connection.closed).toBeUndefined();
    client.push({ room: 'lobby', data: 'x'.repeat(60_000) });
    await pod.settle();
    expect(client.connection.closed?.code).toBe(1008);
  });
});
