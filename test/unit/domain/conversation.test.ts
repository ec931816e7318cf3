import { describe, expect, it, vi } from 'vitest';
import type { BroadcastPort, PublishResult } from '../../../src/ports/broadcast-port.js';
import { TestPod, type Received } from '../../support/test-pod.js';

const codes = (frames: readonly Received[]): unknown[] =>
  frames.filter(({ type }) => type === 'error').map(({ data }) => data['code']);

/** The offsets of a page of history, and whether there is more. */
function pageOf([ack]: readonly Received[]): unknown[] {
  const { messages, more } = ack?.data ?? {};
  return [(messages as Received[]).map(({ offset }) => offset), more];
}

describe('a conversation', () => {
  it('begins with the welcome, then the acks of the rooms asked for', async () => {
    const pod = await TestPod.started();
    const frames = (await pod.arrive('name=Ada&room=lobby&room=%20bad&room=attic')).take();
    expect(frames.map(({ type, data }) => [type, data['room'] ?? data['code']])).toEqual([
      ['welcome', undefined],
      ['ack', 'lobby'],
      ['error', 'room_name'],
      ['ack', 'attic'],
    ]);
    expect(frames[0]).toMatchObject({
      data: {
        protocol: 1,
        connection: expect.stringMatching(/^c_/),
        user: { id: expect.stringMatching(/^guest-/), name: 'Ada' },
        session: expect.stringMatching(/^[\w-]{22,64}$/),
        global: { epoch: expect.any(String), offset: 0 },
        limits: { messageBytes: 65_536, roomsPerConnection: 100 },
        heartbeatMs: 30_000,
      },
    });
  });

  it('gives the sender its own copy and a receipt', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby&name=Ada');
    const frames = await client.send({ room: 'lobby', data: { content: 'Hello!' }, id: 'one' });
    const ack = frames.find(({ type }) => type === 'ack');
    const message = frames.find(({ type }) => type === 'chat');
    expect(frames).toHaveLength(2);
    expect(ack).toMatchObject({ re: 'one', data: { offset: 1, ts: 1_790_000_000_000 } });
    expect(message).toEqual({
      type: 'chat',
      room: 'lobby',
      id: ack?.data['id'],
      from: { id: expect.stringMatching(/^guest-/), name: 'Ada' },
      ts: 1_790_000_000_000,
      offset: 1,
      data: { content: 'Hello!' },
    });
  });

  it('takes the frames of one connection in the order sent', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    client.push({ type: 'join', room: 'lobby' });
    client.push({ room: 'lobby', data: 1, id: 'in' });
    client.push({ type: 'leave', room: 'lobby', id: 'bye' });
    client.push({ room: 'lobby', data: 2, id: 'out' });
    client.push({ type: 'ping', id: 'end' });
    const answers = (await client.send({ type: 'join', room: 'lobby', id: 'again' })).map(({ type, re }) => [type, re]);
    expect(answers).toEqual([
      ['ack', undefined],
      ['ack', 'in'],
      ['chat', undefined],
      ['ack', 'bye'],
      ['error', 'out'],
      ['pong', 'end'],
      ['ack', 'again'],
    ]);
  });

  it('answers a ping behind all messages that were there before', async () => {
    const pod = await TestPod.started();
    const [client, other] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    client.push({ room: 'lobby', data: 1 });
    other.push({ room: 'lobby', data: 2 });
    expect((await client.send({ type: 'ping' })).map(({ type, data }) => data ?? type)).toEqual([1, 2, 'pong']);
  });

  it('lets everything else wait for a publish that the broker has not answered', async () => {
    let answer: (result: PublishResult) => void = () => undefined;
    const pod = new TestPod();
    const publish: BroadcastPort['publish'] = () => new Promise((resolve) => (answer = resolve));
    pod.broadcaster.publish = publish;
    await pod.hub.start();
    const client = await pod.enter('room=lobby');
    client.push({ room: 'lobby', data: 1, id: 'slow' });
    expect(await client.send({ type: 'ping' })).toEqual([]);
    answer({ status: 'unavailable', maybe: true });
    await pod.settle();
    expect(client.take()).toMatchObject([
      { type: 'error', re: 'slow', data: { code: 'unavailable', retryable: true, maybe: true } },
      { type: 'pong' },
    ]);
  });

  it('stops reading from a client that sends more than is carried out, and goes on later', async () => {
    const answers: ((result: PublishResult) => void)[] = [];
    const pod = new TestPod();
    pod.broadcaster.publish = () => new Promise((resolve) => answers.push(resolve));
    await pod.hub.start();
    const client = await pod.enter();
    for (let n = 0; n < 20; n++) client.push({ data: 'x'.repeat(60_000) });
    expect(client.connection.paused).toBe(true);
    for (const answer of answers) answer({ status: 'unavailable' });
    await pod.settle();
    expect(client.connection.paused).toBe(false);
  });

  it('carries out nothing but publishes for a client that does not take answers, and goes on when it does', async () => {
    const pod = await TestPod.started();
    const [client, other] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    client.connection.writable = false;
    client.push({ room: 'lobby', data: 1 });
    for (const type of ['history', 'ping']) client.push({ type, id: type });
    client.push({ room: 'lobby', data: 2 });
    await pod.settle();
    expect(other.take().map(({ data }) => data)).toEqual([1]);
    client.drain();
    await pod.settle();
    expect(other.take().map(({ data }) => data)).toEqual([2]);
    const answers = client.take().map(({ type, re }) => re ?? type);
    expect(answers.filter((one) => one !== 'chat')).toEqual(['history', 'ping']);
  });

  it('reads no more history than a client takes', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    const { connection } = client;
    const read = vi.spyOn(pod.broadcaster, 'read');
    const send = connection.send.bind(connection);
    connection.send = (batch) => {
      send(batch);
      connection.writable = false;
    };
    for (let n = 0; n < 15; n++) client.push({ type: 'history', id: `${n}` });
    for (const times of [1, 2, 3]) {
      await pod.settle();
      expect(read).toHaveBeenCalledTimes(times);
      client.drain();
    }
  });

  it('answers also a client that never takes all that its rooms have for it', async () => {
    const pod = await TestPod.started();
    const [client, other] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    const { connection } = client;
    const send = connection.send.bind(connection);
    connection.send = (batch) => {
      send(batch);
      connection.writable = false;
    };
    for (let n = 0; n < 3; n++) await other.send({ room: 'lobby', data: n });
    await client.send({ type: 'leave', room: 'lobby', id: 'bye' });
    client.drain();
    await pod.settle();
    expect(client.take().at(-1)).toMatchObject({ type: 'ack', re: 'bye' });
  });

  it('reads no history that nobody gets', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    const read = vi.spyOn(pod.broadcaster, 'read');
    expect(await client.send({ type: 'history', room: 'lobby' })).toEqual([]);
    expect(codes(await client.send({ type: 'history', room: 'elsewhere' }))).toEqual(['not_a_member']);
    expect(read).not.toHaveBeenCalled();
  });

  it('refuses what a client may not do, and does the rest', async () => {
    const pod = await TestPod.started({ options: { roomsPerConnection: 2 } });
    const client = await pod.enter('room=one');
    const refused: [unknown, string][] = [
      ['{"type":', 'bad_json'],
      ['[]', 'bad_request'],
      [{ data: 1, from: { id: 'eve' } }, 'bad_request'],
      [{ room: '', data: 1 }, 'room_name'],
      [{ room: 'elsewhere', data: 1 }, 'not_a_member'],
      [{ type: 'leave', room: 'elsewhere' }, 'not_a_member'],
      [{ type: 'history', room: 'elsewhere', id: 'h' }, 'not_a_member'],
      [{ type: 'join', room: 'a b' }, 'room_name'],
      [{ type: 'presence', room: 'one' }, 'unsupported'],
      [{ type: 'ack', data: 1 }, 'unsupported'],
      [{ room: 'one', data: '\u0001'.repeat(25_000) }, 'too_large'],
    ];
    for (const [frame, code] of refused) expect(codes(await client.send(frame))).toEqual([code]);
    await client.send({ type: 'join', room: 'two' });
    expect(codes(await client.send({ type: 'join', room: 'three' }))).toEqual(['too_many_rooms']);
    expect(await client.send({ type: 'join', room: 'two' })).toMatchObject([{ type: 'ack' }]);
    expect((await client.send({ room: 'one', data: 1, id: 'x' })).map(({ type }) => type).sort()).toEqual([
      'ack',
      'chat',
    ]);
  });

  it('limits frames, says when to try again, and lets pings pass', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 10, rateBurst: 2 } });
    const client = await pod.enter('room=lobby');
    for (let n = 0; n < 2; n++) client.push({ data: n });
    expect(await client.send({ data: 3, id: 'third' })).toContainEqual({
      type: 'error',
      re: 'third',
      data: { code: 'rate_limited', message: expect.any(String), retryable: true, retryAfterMs: 100 },
    });
    expect(await client.send({ type: 'ping' })).toMatchObject([{ type: 'pong' }]);
    pod.clock.advance(100);
    expect(codes(await client.send({ data: 4 }))).toEqual([]);
  });

  it('does not read who is refused for as long as it is told, but for a second at most', async () => {
    const pod = await TestPod.started({ options: { rateLimit: 10, rateBurst: 1, rateLimitBytes: 100 } });
    const client = await pod.enter('room=lobby');
    const known = pod.scheduler.delays.length;
    const say = (data: unknown): void => client.push({ room: 'lobby', data });
    say(1);
    expect(client.connection.paused).toBe(false);
    // What had been read already is answered, and begins no other rest.
    for (let n = 0; n < 3; n++) say(2);
    // The trace that the log keeps of refusals has a second of its own.
    const rests = pod.scheduler.delays.slice(known).filter((ms) => ms !== 1000);
    expect([client.connection.paused, rests]).toEqual([true, [100]]);
    await pod.settle();
    expect(codes(client.take())).toEqual(['rate_limited', 'rate_limited', 'rate_limited']);
    pod.scheduler.pass();
    expect(client.connection.paused).toBe(false);
    pod.clock.advance(100);
    const before = pod.scheduler.delays.length;
    say('x'.repeat(700));
    say('x'.repeat(700));
    expect([client.connection.paused, pod.scheduler.delays[before]]).toEqual([true, 1000]);
  });

  it('reads on only when neither its rate nor its backlog is against it', async () => {
    const answers: ((result: PublishResult) => void)[] = [];
    const pod = new TestPod({ options: { rateLimit: 100, rateBurst: 20 } });
    pod.broadcaster.publish = () => new Promise((resolve) => answers.push(resolve));
    await pod.hub.start();
    const client = await pod.enter();
    for (let n = 0; n < 21; n++) client.push({ data: 'x'.repeat(60_000) });
    pod.scheduler.pass();
    expect(client.connection.paused).toBe(true);
    client.push({ data: 1 });
    for (const answer of answers) answer({ status: 'unavailable' });
    await pod.settle();
    expect(client.connection.paused).toBe(true);
    pod.scheduler.pass();
    expect(client.connection.paused).toBe(false);
  });

  it('answers history in pages, oldest first, from the end asked for', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    for (let n = 1; n <= 10; n++) await client.send({ room: 'lobby', data: n });
    const page = async (data?: object) =>
      pageOf(await client.send({ type: 'history', room: 'lobby', id: 'h', ...(data && { data }) }));
    expect(await page()).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false]);
    expect(await page({ limit: 3 })).toEqual([[8, 9, 10], true]);
    expect(await page({ after: 0, limit: 3 })).toEqual([[1, 2, 3], true]);
    expect(await page({ after: 7, before: 10 })).toEqual([[8, 9], false]);
    expect(await page({ before: 1 })).toEqual([[], false]);
  });

  it('keeps an answer of history below 256 KiB', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter();
    for (let n = 1; n <= 8; n++) await client.send({ data: `${n}${'x'.repeat(60_000)}` });
    expect(pageOf(await client.send({ type: 'history', id: 'h' }))).toEqual([[5, 6, 7, 8], true]);
    const oldest = await client.send({ type: 'history', id: 'h', data: { after: 0 } });
    expect(pageOf(oldest)).toEqual([[1, 2, 3, 4], true]);
  });

  it('delivers what other programs send, and drops what is not to be delivered', async () => {
    const pod = await TestPod.started();
    const client = await pod.enter('room=lobby');
    const foreign = (text: string): void => pod.hub.foreign('lobby', new TextEncoder().encode(text));
    foreign('{"type":"notice","data":{"content":"Hi"},"from":{"id":"bot","name":"Bot"}}');
    foreign('{"data":1}');
    for (const bad of ['{"type":"ack","data":1}', '{', ' {"data":1}', '{"data":1,"offset":3}', '']) foreign(bad);
    await pod.settle();
    expect(client.take()).toEqual([
      {
        type: 'notice',
        room: 'lobby',
        from: { id: 'bot', name: 'Bot' },
        ts: 1_790_000_000_000,
        data: { content: 'Hi' },
      },
      { type: 'chat', room: 'lobby', ts: 1_790_000_000_000, data: 1 },
    ]);
    expect(pod.hub.counts.dropped).toBe(5);
  });
});
