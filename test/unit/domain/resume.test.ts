import { describe, expect, it, vi } from 'vitest';
import { TestPod, type Received, type TestClient, type TestPodOptions } from '../../support/test-pod.js';

async function roomWith(messages: number, options?: TestPodOptions): Promise<[TestPod, TestClient, string]> {
  const pod = await TestPod.started(options);
  const writer = await pod.enter('room=lobby');
  for (let n = 1; n <= messages; n++) await writer.send({ room: 'lobby', data: n });
  const [ack] = await writer.send({ type: 'join', room: 'lobby' });
  writer.take();
  return [pod, writer, String(ack?.data['epoch'])];
}

const join = (epoch: string, offset: number) => ({ type: 'join', room: 'lobby', data: { since: { epoch, offset } } });
const offsets = (frames: readonly Received[]): unknown[] => frames.map(({ type, offset }) => offset ?? type);

describe('resume', () => {
  it('brings everything since, then what is live', async () => {
    const [pod, writer, epoch] = await roomWith(10);
    const client = await pod.enter();
    const frames = await client.send(join(epoch, 4));
    expect(frames[0]).toMatchObject({ type: 'ack', data: { room: 'lobby', epoch, offset: 10, recovered: true } });
    expect(offsets(frames)).toEqual(['ack', 5, 6, 7, 8, 9, 10]);
    await writer.send({ room: 'lobby', data: 11 });
    expect(offsets(client.take())).toEqual([11]);
  });

  it('reads more than a page, and waits for a slow connection', async () => {
    const [pod, writer, epoch] = await roomWith(350, { historySize: 1000, options: { sendBuffer: 10 } });
    const client = await pod.enter();
    client.push(join(epoch, 20));
    await pod.settle();
    client.connection.writable = false;
    await writer.send({ room: 'lobby', data: 351 });
    client.drain();
    await pod.settle();
    expect(offsets(client.take())).toEqual(['ack', ...Array.from({ length: 331 }, (_, n) => n + 21)]);
  });

  it('repeats and reorders nothing while others publish', async () => {
    const [pod, writer, epoch] = await roomWith(120, { historySize: 1000, options: { sendBuffer: 10 } });
    const client = await pod.enter();
    client.push(join(epoch, 0));
    for (let n = 121; n <= 200; n++) {
      writer.push({ room: 'lobby', data: n });
      if (n % 7 === 0) pod.scheduler.turn();
      if (n % 3 === 0) await Promise.resolve();
    }
    await pod.settle();
    expect(offsets(client.take())).toEqual(['ack', ...Array.from({ length: 200 }, (_, n) => n + 1)]);
  });

  it('says what retention has dropped', async () => {
    const [pod, , epoch] = await roomWith(30, { historySize: 10 });
    const client = await pod.enter();
    const frames = await client.send(join(epoch, 5));
    expect(frames.slice(0, 2)).toMatchObject([
      { type: 'ack', data: { recovered: false, offset: 30 } },
      { type: 'gap', data: { cause: 'expired', from: 6, to: 20, epoch } },
    ]);
    expect(offsets(frames.slice(2))).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('is recovered at the top, also when all has expired', async () => {
    const [pod, , epoch] = await roomWith(3);
    pod.clock.advance(2 * 86_400_000);
    const client = await pod.enter();
    expect(await client.send(join(epoch, 3))).toMatchObject([{ type: 'ack', data: { recovered: true, offset: 3 } }]);
    expect(await client.send(join(epoch, 1))).toMatchObject([
      { type: 'ack', data: { recovered: false, offset: 3 } },
      { type: 'gap', data: { cause: 'expired', from: 2, to: 3 } },
    ]);
  });

  it('starts over where the epoch is another, or the offset above the top', async () => {
    const [pod, , epoch] = await roomWith(3);
    const client = await pod.enter();
    const reset = [
      { type: 'ack', data: { recovered: false, epoch, offset: 3 } },
      { type: 'gap', room: 'lobby', data: { cause: 'reset', from: 1, to: 3, epoch } },
    ];
    expect(await client.send(join('unknown', 2))).toMatchObject(reset);
    expect(await client.send(join(epoch, 4))).toMatchObject(reset);
  });

  it('resumes the global channel, which everybody is in already', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    for (let n = 1; n <= 3; n++) await client.send({ data: n });
    const [welcome] = (await pod.arrive()).take();
    const global = welcome?.data['global'] as { epoch: string } | undefined;
    const epoch = global?.epoch ?? '';
    const frames = await client.send({ type: 'join', data: { since: { epoch, offset: 1 } } });
    expect(frames[0]?.data).toEqual({ epoch, offset: 3, recovered: true });
    expect(offsets(frames)).toEqual(['ack', 2, 3]);
  });

  it('starts a room over that the client is in, and again', async () => {
    const [, writer, epoch] = await roomWith(5);
    expect(offsets(await writer.send(join(epoch, 3)))).toEqual(['ack', 4, 5]);
    expect(offsets(await writer.send(join(epoch, 0)))).toEqual(['ack', 1, 2, 3, 4, 5]);
  });

  it('ends with a reset of the room, which the client is told of once', async () => {
    const [pod, , epoch] = await roomWith(350, { historySize: 1000, options: { sendBuffer: 10 } });
    const client = await pod.enter();
    client.push(join(epoch, 0));
    client.connection.writable = false;
    await pod.settle();
    pod.hub.reset('lobby', { epoch: 'another', offset: 2 });
    client.drain();
    await pod.settle();
    const frames = client.take();
    expect(offsets(frames)).toEqual(['ack', 'gap']);
    expect(frames[1]).toMatchObject({ data: { cause: 'reset', from: 1, to: 2, epoch: 'another' } });
  });

  it('reads what was stored before the reset that the room has just heard of', async () => {
    const [pod] = await roomWith(1);
    pod.hub.reset('lobby', { epoch: 'another', offset: 7 });
    const entry = (offset: number) => ({ offset, frame: new TextEncoder().encode(JSON.stringify({ offset })) });
    const position = { epoch: 'another', offset: 7 };
    pod.broadcaster.read = (_channel, { after = 0 }) =>
      Promise.resolve({
        status: 'read',
        position,
        entries: [5, 6, 7].slice(Math.max(0, after - 4)).map(entry),
        more: false,
      });
    const client = await pod.enter();
    const frames = await client.send(join('another', 4));
    expect(frames[0]).toMatchObject({ data: { recovered: true, epoch: 'another', offset: 7 } });
    expect(offsets(frames)).toEqual(['ack', 5, 6, 7]);
  });

  it('is to be tried again while the room has not heard of the epoch that the broker is in', async () => {
    const [pod, , epoch] = await roomWith(1);
    const position = { epoch: 'another', offset: 0 };
    pod.broadcaster.read = () => Promise.resolve({ status: 'read', position, entries: [], more: false });
    const client = await pod.enter();
    expect(await client.send(join(epoch, 1))).toMatchObject([
      { type: 'error', data: { code: 'unavailable', retryable: true } },
    ]);
    expect(await client.send({ room: 'lobby', data: 1 })).toMatchObject([{ data: { code: 'not_a_member' } }]);
  });

  it('loses and repeats nothing around the oldest message that the log of the room holds', async () => {
    const [pod, , epoch] = await roomWith(50, { historySize: 1000, options: { sendBuffer: 10 } });
    for (let offset = 30; offset <= 50; offset++) {
      const frames = await (await pod.enter()).send(join(epoch, offset));
      expect(offsets(frames)).toEqual(['ack', ...Array.from({ length: 50 - offset }, (_, n) => offset + 1 + n)]);
    }
  });

  it('hands over a chunk at a time, and keeps no page for a client that does not read', async () => {
    const [pod, writer, epoch] = await roomWith(0, { historySize: 1000, options: { sendBuffer: 10 } });
    for (let n = 1; n <= 24; n++) await writer.send({ room: 'lobby', data: 'x'.repeat(40_000) });
    const read = vi.spyOn(pod.broadcaster, 'read');
    const client = await pod.enter();
    const before = client.connection.batches.length;
    client.push(join(epoch, 0));
    await pod.settle();
    const sizes = client.connection.batches
      .slice(before)
      .map(({ frames }) => frames.reduce((sum, f) => sum + f.length, 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
    expect(offsets(client.take())).toEqual(['ack', ...Array.from({ length: 24 }, (_, n) => n + 1)]);

    const sleeper = await pod.enter();
    read.mockClear();
    sleeper.push(join(epoch, 0));
    sleeper.connection.writable = false;
    await pod.settle();
    expect(read).toHaveBeenCalledTimes(1);
    sleeper.drain();
    await pod.settle();
    // What had been read before was not kept.
    expect(read.mock.calls[1]?.[1]).toMatchObject({ after: 0 });
    expect(offsets(sleeper.take())).toEqual(['ack', ...Array.from({ length: 24 }, (_, n) => n + 1)]);
  });

  it('is answered before anything of the room, also where a reset comes while the broker is asked', async () => {
    const [pod, , epoch] = await roomWith(3);
    const client = await pod.enter();
    const encode = (frame: object): Uint8Array => new TextEncoder().encode(JSON.stringify(frame));
    let answer = (): void => {};
    pod.broadcaster.read = () =>
      new Promise((resolve) => {
        const position = { epoch: 'another', offset: 7 };
        answer = () => resolve({ status: 'read', position, entries: [], more: false });
      });
    client.push(join(epoch, 1));
    await pod.settle();
    pod.hub.reset('lobby', { epoch: 'another', offset: 6 });
    pod.hub.published('lobby', 7, [encode({ type: 'chat', room: 'lobby', offset: 7 })]);
    await pod.settle();
    expect(client.take()).toEqual([]);
    answer();
    await pod.settle();
    expect(client.take()).toMatchObject([
      { type: 'ack', data: { epoch: 'another', offset: 7, recovered: false } },
      { type: 'gap', data: { cause: 'reset', from: 1, to: 7, epoch: 'another' } },
    ]);
  });

  it('tells nothing again that it has read ahead of its pod', async () => {
    const [pod, , epoch] = await roomWith(3);
    const frame = (offset: number) => new TextEncoder().encode(JSON.stringify({ type: 'chat', room: 'lobby', offset }));
    const entries = [{ offset: 5, frame: frame(5) }];
    pod.broadcaster.read = async () => ({ status: 'read', position: { epoch, offset: 5 }, entries, more: false });
    const client = await pod.enter();
    const first = await client.send(join(epoch, 4));
    pod.hub.published('lobby', 4, [frame(4), frame(5), frame(6)]);
    await pod.settle();
    expect(offsets([...first, ...client.take()])).toEqual(['ack', 5, 6]);
  });

  it('is not recovered, and has no gap, where nothing is kept', async () => {
    const pod = await TestPod.started({ historySize: 0 });
    const client = await pod.enter();
    expect(await client.send(join('any', 2))).toEqual([{ type: 'ack', data: { room: 'lobby', recovered: false } }]);
    expect(await client.send({ type: 'history', room: 'lobby', id: 'h' })).toMatchObject([
      { type: 'error', re: 'h', data: { code: 'unsupported' } },
    ]);
  });

  it('that is asked for again goes on as it was where the broker can not be asked', async () => {
    const [pod, writer, epoch] = await roomWith(350, { historySize: 1000, options: { sendBuffer: 10 } });
    const read = pod.broadcaster.read.bind(pod.broadcaster);
    const client = await pod.enter();
    // The first page comes, and then the broker is away.
    let pages = 1;
    pod.broadcaster.read = (...query) =>
      pages-- > 0 ? read(...query) : Promise.resolve({ status: 'unavailable' as const });
    const frames = await client.send(join(epoch, 0));
    expect(frames[0]).toMatchObject({ type: 'ack', data: { recovered: true } });
    expect(frames.at(-1)?.offset).toBe(100);
    expect(await client.send(join(epoch, 0))).toMatchObject([{ type: 'error', data: { code: 'unavailable' } }]);
    await writer.send({ room: 'lobby', data: 351 });
    expect(client.take()).toEqual([]);
    pod.broadcaster.read = read;
    pod.scheduler.pass();
    await pod.settle();
    expect(offsets(client.take())).toEqual(Array.from({ length: 251 }, (_, n) => n + 101));
    expect(pod.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that is asked for again is void after a reset, where the broker can not be asked', async () => {
    const [pod, writer, epoch] = await roomWith(350, { historySize: 1000, options: { sendBuffer: 10 } });
    const client = await pod.enter();
    client.push(join(epoch, 0));
    client.connection.writable = false;
    await pod.settle();
    let answer = (): void => {};
    pod.broadcaster.read = () =>
      new Promise((resolve) => (answer = (): void => resolve({ status: 'unavailable' as const })));
    client.connection.writable = true;
    client.push(join(epoch, 0));
    client.connection.writable = false;
    await pod.settle();
    pod.hub.reset('lobby', { epoch: 'another', offset: 350 });
    answer();
    client.drain();
    await pod.settle();
    writer.take();
    expect(offsets(client.take())).toEqual(['ack', 'gap', 'error']);
  });

  it.each<[string, (pod: TestPod) => void]>([
    ['what another program sends', (pod) => pod.hub.foreign('lobby', new TextEncoder().encode('{"data":1}'))],
    ['news of lost messages', (pod) => pod.hub.lost('lobby', 6, 6)],
  ])('asks the broker for what is before %s, where a room begins with that', async (_name, comes) => {
    const [pod, writer, epoch] = await roomWith(5);
    writer.leave();
    const { broadcaster } = pod;
    const subscribe = broadcaster.subscribe.bind(broadcaster);
    broadcaster.subscribe = (channel) => {
      const result = subscribe(channel);
      comes(pod);
      return result;
    };
    const [first, second] = [await pod.enter('room=lobby'), await pod.enter()];
    expect(offsets(first.take())).not.toContain('chat');
    expect(offsets(await second.send(join(epoch, 2))).filter((one) => one !== 'gap')).toEqual(['ack', 3, 4, 5]);
  });
});
