import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../../src/domain/byte-budget.js';
import { Member } from '../../../src/domain/member.js';
import { Room } from '../../../src/domain/room.js';
import type { Batch } from '../../../src/ports/frame.js';
import { RecordingLogger, TestPod, type Received, type TestClient } from '../../support/test-pod.js';

const say = (n: number) => ({ room: 'lobby', data: n });
const contents = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'chat').map(({ data }) => data);

async function talk(client: TestClient, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await client.send(say(n));
}

describe('delivery', () => {
  it('sends what came in one turn to all members in one batch, the same object for all of them', async () => {
    const pod = await TestPod.started();
    const clients = await Promise.all(['a', 'b', 'c'].map(() => pod.enter('room=lobby')));
    const before = clients.map(({ connection }) => connection.batches.length);
    for (let n = 1; n <= 64; n++) clients[0]?.push(say(n));
    await pod.settle();
    const batches = clients.map(({ connection }, index) => connection.batches.slice(before[index]));
    for (const own of batches) expect(own).toHaveLength(1);
    expect(new Set(batches.flat()).size).toBe(1);
    expect(contents(clients[2]?.take() ?? [])).toEqual(Array.from({ length: 64 }, (_, n) => n + 1));
  });

  it('reaches members of big rooms over several turns, each once', async () => {
    const pod = await TestPod.started({ options: { maxConnectionsPerUser: 0 } });
    const clients: TestClient[] = [];
    for (let n = 0; n < 600; n++) clients.push(await pod.enter('room=lobby'));
    clients[0]?.push(say(1));
    clients[1]?.push(say(2));
    pod.scheduler.turn();
    const reached = (): number => clients.filter(({ connection }) => connection.batches.length > 2).length;
    expect(reached()).toBeLessThan(600);
    clients[599]?.leave();
    await pod.settle();
    for (const client of clients.slice(0, 599)) expect(contents(client.take())).toEqual([1, 2]);
    expect(contents(clients[599]?.take() ?? [])).toEqual([]);
  });

  it('forgets nobody who becomes ready for more while a big room is on its way', async () => {
    const pod = await TestPod.started({ options: { maxConnectionsPerUser: 0, sendBuffer: 10 } });
    const clients: TestClient[] = [];
    for (let n = 0; n < 600; n++) clients.push(await pod.enter('room=lobby'));
    const [first, again] = [clients[0], clients[1]];
    const late = await pod.enter();
    const [ack] = (await first?.send({ type: 'join', room: 'lobby' })) ?? [];
    for (const client of clients) client.take();
    first?.push(say(1));
    pod.scheduler.turn();
    for (const client of [first, again]) expect(contents(client?.take() ?? [])).toEqual([1]);
    // The walk has passed them, and comes to its end without another message.
    const since = { epoch: ack?.data['epoch'], offset: 0 };
    for (const client of [again, late]) client?.push({ type: 'join', room: 'lobby', data: { since } });
    await pod.settle();
    for (const client of [again, late]) expect(contents(client?.take() ?? [])).toEqual([1]);
  });

  it('costs a slow reader nothing but its place, and brings it everything when it drains', async () => {
    const pod = await TestPod.started();
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    slow.connection.writable = false;
    await talk(fast, 1, 200);
    expect(slow.take()).toEqual([]);
    slow.drain();
    await pod.settle();
    expect(contents(slow.take())).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it('tells a reader that is too slow what it has missed', async () => {
    const pod = await TestPod.started({ options: { sendBuffer: 10 } });
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    await talk(fast, 1, 2);
    slow.take();
    slow.connection.writable = false;
    await talk(fast, 3, 30);
    slow.drain();
    await pod.settle();
    const [gap, ...messages] = slow.take();
    expect(gap).toMatchObject({ type: 'gap', room: 'lobby', data: { cause: 'slow_consumer', from: 3, to: 20 } });
    expect(messages.map(({ offset }) => offset)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('keeps so many bytes of a room for slow readers, however few messages these are', async () => {
    const pod = await TestPod.started({ options: { roomBytes: 10_000 } });
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    slow.take();
    slow.connection.writable = false;
    for (let n = 1; n <= 12; n++) await fast.send({ room: 'lobby', data: 'x'.repeat(3000) });
    slow.drain();
    await pod.settle();
    const [gap, ...messages] = slow.take();
    expect(gap).toMatchObject({ type: 'gap', data: { cause: 'slow_consumer', from: 1, to: 9 } });
    expect(messages.map(({ offset }) => offset)).toEqual([10, 11, 12]);
  });

  it('drops from the room published to longest ago when all rooms keep too much; only slow readers notice', async () => {
    const pod = await TestPod.started({ options: { ringBytesTotal: 320_000 } });
    const rooms = 'room=old&room=new&room=busy';
    const [fast, slow] = [await pod.enter(rooms), await pod.enter(rooms)];
    slow.connection.writable = false;
    const fill = async (room: string, count: number): Promise<void> => {
      for (let n = 1; n <= count; n++) {
        expect(await fast.send({ room, data: 'x'.repeat(3000) })).toMatchObject([{ type: 'chat', room }]);
      }
    };
    await fill('old', 20);
    await fill('new', 20);
    await fill('old', 20);
    await fill('busy', 40);
    slow.drain();
    await pod.settle();
    const heard = slow.take();
    const gaps = heard.filter(({ type }) => type === 'gap');
    expect(gaps.map(({ room, data }) => [room, data['cause'], data['from']])).toEqual([['new', 'slow_consumer', 1]]);
    const offsets = (room: string): unknown[] =>
      heard.filter((frame) => frame.room === room).map(({ offset }) => offset);
    for (const room of ['old', 'busy']) expect(offsets(room)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  it('keeps for a room what its members have not been offered, whatever all rooms keep', async () => {
    const pod = await TestPod.started({ options: { maxConnectionsPerUser: 0, ringBytesTotal: 1 } });
    const clients: TestClient[] = [];
    for (let n = 0; n < 600; n++) clients.push(await pod.enter('room=lobby'));
    const other = await pod.enter('room=attic');
    clients[0]?.push(say(1));
    pod.scheduler.turn();
    clients[0]?.push(say(2));
    for (let n = 0; n < 3; n++) other.push({ room: 'attic', data: n });
    await pod.settle();
    for (const client of clients) expect(client.take()).toMatchObject([{ data: 1 }, { data: 2 }]);
    expect(contents(other.take())).toEqual([0, 1, 2]);
  });

  it('brings a member that comes back what the broadcaster has, where the room itself keeps nothing', async () => {
    const pod = await TestPod.started({ options: { ringBytesTotal: 1 } });
    const [fast, back] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    await talk(fast, 1, 3);
    const epoch = (await fast.send({ type: 'history', room: 'lobby', id: '1' })).at(-1)?.data['epoch'];
    back.take();
    const frames = await back.send({ type: 'join', room: 'lobby', data: { since: { epoch, offset: 1 } } });
    expect(frames).toMatchObject([{ type: 'ack', data: { recovered: true } }, { offset: 2 }, { offset: 3 }]);
  });

  it('counts what a slow reader has missed where there are no offsets', async () => {
    const pod = await TestPod.started({ options: { sendBuffer: 10 }, historySize: 0 });
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    slow.connection.writable = false;
    await talk(fast, 1, 30);
    slow.drain();
    await pod.settle();
    const [gap, ...messages] = slow.take();
    expect(gap).toEqual({ type: 'gap', room: 'lobby', data: { cause: 'slow_consumer', missed: 20 } });
    expect(contents(messages)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('keeps a burst that is larger than the buffer for those who keep up', async () => {
    const pod = await TestPod.started({ options: { sendBuffer: 10 } });
    const client = await pod.enter('room=lobby');
    for (let n = 1; n <= 500; n++) client.push(say(n));
    await pod.settle();
    const frames = client.take();
    expect(frames.filter(({ type }) => type === 'gap')).toEqual([]);
    expect(contents(frames)).toHaveLength(500);
  });

  it('keeps a burst that is heavier than a batch for those who keep up', async () => {
    const pod = await TestPod.started({ options: { sendBuffer: 10 } });
    const client = await pod.enter('room=lobby');
    const heavy = 'x'.repeat(2000);
    for (let n = 1; n <= 500; n++) client.push({ room: 'lobby', data: `${n} ${heavy}` });
    await pod.settle();
    expect(client.take().map(({ type, offset }) => offset ?? type)).toEqual(
      Array.from({ length: 500 }, (_, n) => n + 1),
    );
  });

  it('splits what is heavy into several batches, and loses none of it', async () => {
    const pod = await TestPod.started();
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    slow.connection.writable = false;
    for (let n = 1; n <= 12; n++) await fast.send({ room: 'lobby', data: `${n} ${'x'.repeat(60_000)}` });
    const before = slow.connection.batches.length;
    slow.drain();
    await pod.settle();
    expect(slow.connection.batches.length - before).toBeGreaterThan(1);
    expect(slow.take().map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('tells all members of a reset, also one that has fallen behind both the reset and the buffer', async () => {
    const pod = await TestPod.started({ options: { sendBuffer: 5 } });
    const [fast, slow] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    await talk(fast, 1, 3);
    slow.take();
    slow.connection.writable = false;
    await fast.send(say(4));
    pod.hub.reset('lobby', { epoch: 'another', offset: 0 });
    pod.hub.published(
      'lobby',
      1,
      Array.from({ length: 8 }, (_, n) => new TextEncoder().encode(`{"offset":${n + 1}}`)),
    );
    await pod.settle();
    expect(fast.take().at(0)).toMatchObject({
      type: 'gap',
      data: { cause: 'reset', from: 1, to: 0, epoch: 'another' },
    });
    slow.drain();
    await pod.settle();
    const [gap, ...rest] = slow.take();
    expect(gap).toMatchObject({ type: 'gap', data: { cause: 'reset', from: 1, to: 3, epoch: 'another' } });
    expect(rest.map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8]);
  });

  it('believes a reset that comes while the room is being opened', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    client.push({ type: 'join', room: 'lobby', id: 'join' });
    pod.hub.reset('lobby', { epoch: 'another', offset: 7 });
    await pod.settle();
    expect(client.take()).toMatchObject([{ type: 'ack', re: 'join', data: { epoch: 'another', offset: 7 } }]);
  });

  it('tells of lost messages in their place', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    await talk(client, 1, 1);
    pod.hub.lost('lobby', 2, 5);
    pod.hub.published('lobby', 6, [new TextEncoder().encode('{"offset":6}')]);
    await pod.settle();
    expect(client.take()).toMatchObject([{ type: 'gap', data: { cause: 'expired', from: 2, to: 5 } }, { offset: 6 }]);
  });

  it('makes a gap of a hole that a broadcaster should not have left, and says so in the log', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    await talk(client, 1, 2);
    client.take();
    const frame = new TextEncoder().encode('{"type":"chat","room":"lobby","offset":6,"data":6}');
    pod.hub.published('lobby', 6, [frame]);
    await pod.settle();
    expect(client.take()).toMatchObject([{ type: 'gap', data: { cause: 'expired', from: 3, to: 5 } }, { offset: 6 }]);
    expect(pod.logger.lines).toContainEqual({
      level: 'error',
      event: 'the broadcaster left a hole',
      fields: { channel: 'lobby', from: 3, to: 5 },
    });
  });

  it('makes a gap of what a member was not given, whatever the reason, and says so in the log', () => {
    const [sent, logger] = [[] as string[], new RecordingLogger()];
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    const rings = new ByteBudget(1024);
    const room = new Room('lobby', { frames: 10, bytes: 1024 }, { encode, logger, rings, retention: undefined });
    const sendInOrder = ({ frames }: Batch): void =>
      void sent.push(...frames.map((frame) => new TextDecoder().decode(frame)));
    room.begin({ epoch: 'e', offset: 5 });
    const member = new Member({ connection: { writable: true }, sendInOrder }, room);
    member.seen = 2;
    room.append(6, [encode('6')]);
    room.deliver(member);
    expect(JSON.parse(sent[0] ?? '')).toMatchObject({ type: 'gap', data: { from: 3, to: 5, epoch: 'e' } });
    expect(sent.slice(1)).toEqual(['6']);
    expect(logger.lines).toMatchObject([{ level: 'error', event: 'a member was left behind' }]);
  });

  it('ends the subscription with the last member', async () => {
    const pod = await TestPod.started();
    const [a, b] = [await pod.enter('room=lobby'), await pod.enter('room=lobby&room=attic')];
    expect(pod.hub.counts).toMatchObject({ connections: 2, rooms: 3 });
    a.leave();
    expect(pod.hub.counts).toMatchObject({ connections: 1, rooms: 3 });
    b.leave();
    expect(pod.hub.counts).toMatchObject({ connections: 0, rooms: 1 });
  });
});
