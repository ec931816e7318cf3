import { describe, expect, it } from 'vitest';
import type { ChatConnection, Replacement } from '../../../src/ports/hooks.js';
import { heldBytes } from '../../support/heap.js';
import { TestPod, type TestClient } from '../../support/test-pod.js';

const MIB = 2 ** 20;
const FRAME = 65_530;

/** A frame of 65,530 characters whose `data` repeats an item: small in text, large when parsed. */
function frameOf(item: string, id = ''): string {
  const [head, tail] = [`{"room":"fill",${id && `"id":"${id}",`}"data":[`, '0]}'];
  const count = Math.floor((FRAME - head.length - tail.length) / (item.length + 1));
  return `${head}${`${item},`.repeat(count)}${tail}`;
}

/** A client that has stopped reading, with a request that waits for it. */
async function stuck(pod: TestPod): Promise<TestClient> {
  const client = await pod.enter('room=fill');
  client.connection.writable = false;
  client.push({ type: 'ping' });
  return client;
}

describe('a request that waits', () => {
  it.each(['{"34":0}', '[]', '1e20', '[[[]]]'])('holds its text alone, as with %s', async (item) => {
    const pod = await TestPod.started();
    const client = await stuck(pod);
    const frames = Array.from({ length: 15 }, (_, n) => Buffer.from(frameOf(item, `f${n}`)));
    const before = heldBytes();
    for (const frame of frames) client.push(frame.toString());
    expect((heldBytes() - before) / MIB).toBeLessThan(2);
    client.drain();
    await pod.settle();
    // A message that is too large once its numbers are written out gets an error.
    expect(client.take().filter(({ re }) => re !== undefined)).toHaveLength(15);
  });

  it('keeps the id alone of a frame that the rate refuses', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 1, rateBurst: 1 } });
    const client = await stuck(pod);
    client.push(frameOf('{}'));
    const frames = Array.from({ length: 100 }, (_, n) => Buffer.from(frameOf('{}', `f${n}`)));
    const before = heldBytes();
    for (const frame of frames) client.push(frame.toString());
    expect((heldBytes() - before) / MIB).toBeLessThan(1);
    client.drain();
    await pod.settle();
    const refused = client.take().filter(({ type }) => type === 'error');
    expect(refused.map(({ re }) => re)).toEqual(frames.map((_, n) => `f${n}`));
  });

  it('counts two bytes per character towards the pause, and is forgotten with its connection', async () => {
    const pod = await TestPod.started();
    const client = await stuck(pod);
    for (let n = 0; n < 7; n++) client.push(frameOf('"ж"'));
    expect(client.connection.paused).toBe(false);
    client.push(frameOf('"ж"'));
    expect(client.connection.paused).toBe(true);
    const before = heldBytes();
    client.leave();
    expect((before - heldBytes()) / MIB).toBeGreaterThan(0.5);
  });

  it('leaves a client unread until nothing of it waits if 64 MiB wait over the pod', async () => {
    const pod = await TestPod.started({ options: { maxConnectionsPerUser: 0 } });
    const text = frameOf('"a"');
    const crowd = await Promise.all(Array.from({ length: 80 }, () => stuck(pod)));
    for (const client of crowd) for (let n = 0; n < 7; n++) client.push(text);
    const paused = crowd.filter(({ connection }) => connection.paused);
    const [bystander, last] = [await pod.enter('room=lobby'), crowd.at(-1)];
    expect([crowd[0]?.connection.paused, last?.connection.paused, paused.length > 5]).toEqual([false, true, true]);
    expect(await bystander.send({ room: 'lobby', data: 1, id: 'fine' })).toHaveLength(2);
    expect(bystander.connection.paused).toBe(false);
    for (const client of crowd) client.drain();
    await pod.settle();
    expect(crowd.filter(({ connection }) => connection.paused)).toEqual([]);
  });

  it('counts over the pod no longer than its connection lasts', async () => {
    const pod = await TestPod.started({ options: { maxConnectionsPerUser: 0 } });
    const text = frameOf('"a"');
    const crowd = await Promise.all(Array.from({ length: 80 }, () => stuck(pod)));
    for (const client of crowd) for (let n = 0; n < 7; n++) client.push(text);
    for (const client of crowd) client.leave();
    const next = await stuck(pod);
    for (let n = 0; n < 7; n++) next.push(text);
    expect(next.connection.paused).toBe(false);
  });
});

describe('answers to a client that does not read', () => {
  it('are bounded, and its further publishes wait until it reads', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=fill');
    client.connection.writable = false;
    for (let n = 0; n < 2000; n++) client.push({ room: 'fill', data: n, id: `p${n}` });
    await pod.settle();
    const early = client.take().map(({ re }) => re);
    expect(early.length).toBeGreaterThan(100);
    expect(early.length).toBeLessThan(300);
    client.drain();
    await pod.settle();
    const acks = [...early, ...client.take().flatMap(({ type, re }) => (type === 'ack' ? [re] : []))];
    expect(acks).toEqual(Array.from({ length: 2000 }, (_, n) => `p${n}`));
    client.connection.writable = false;
    for (let n = 0; n < 100; n++) client.push({ room: 'fill', data: n, id: `q${n}` });
    await pod.settle();
    expect(client.take()).toHaveLength(100);
  });

  it('do not count if there are none: a client that only sends goes on', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=fill');
    const reader = await pod.enter('room=fill');
    client.connection.writable = false;
    for (let n = 0; n < 2000; n++) client.push({ room: 'fill', data: n });
    await pod.settle();
    expect(reader.take()).toHaveLength(2000);
  });
});

describe('requests that hooks hold', () => {
  const hold = (): { held: string[]; release: (() => void)[]; pod: Promise<TestPod> } => {
    const [held, release]: [string[], (() => void)[]] = [[], []];
    const onMessage = ({ user }: ChatConnection): Promise<Replacement> =>
      new Promise((resolve) => {
        held.push(user.name);
        release.push(() => resolve({ data: 'let through' }));
      });
    return { held, release, pod: TestPod.started({ ports: { hooks: { onMessage } } }) };
  };

  it('are bounded over the pod: further ones wait as text, in the order of arrival', async () => {
    const { held, release, pod: started } = hold();
    const pod = await started;
    const names = Array.from({ length: 40 }, (_, n) => `Guest ${n}`);
    const crowd: TestClient[] = [];
    for (const name of names) crowd.push(await pod.enter(`room=fill&name=${name}`));
    for (const client of crowd) client.push(frameOf('{}'));
    // 64 MiB over 40 bytes per character.
    expect(held).toEqual(names.slice(0, 26));
    release[0]?.();
    await pod.settle();
    expect(held).toEqual(names.slice(0, 27));
    for (let n = 1; n < 40; n++) {
      release[n]?.();
      await pod.settle();
    }
    expect(held).toEqual(names);
  });

  it('of one that left while it waited are never asked', async () => {
    const { held, release, pod: started } = hold();
    const pod = await started;
    const crowd: TestClient[] = [];
    for (let n = 0; n < 28; n++) crowd.push(await pod.enter(`room=fill&name=Guest ${n}`));
    for (const client of crowd) client.push(frameOf('{}'));
    crowd[26]?.leave();
    for (const go of release.splice(0)) go();
    await pod.settle();
    expect(held).toEqual([...Array.from({ length: 26 }, (_, n) => `Guest ${n}`), 'Guest 27']);
  });

  it('leave nothing of those that came and left while they waited', async () => {
    const { pod: started } = hold();
    const pod = await started;
    for (let n = 0; n < 26; n++) (await pod.enter('room=fill')).push(frameOf('{}'));
    const visit = async (): Promise<void> => {
      const client = await pod.enter('room=fill');
      client.push({ room: 'fill', data: 'short' });
      client.leave();
    };
    await visit();
    const before = heldBytes();
    for (let n = 0; n < 500; n++) await visit();
    // The log of the test has its lines; a connection takes more.
    expect((heldBytes() - before) / 500).toBeLessThan(1500);
  });
});
