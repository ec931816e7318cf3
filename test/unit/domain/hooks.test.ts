import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ChatError } from '../../../src/domain/errors.js';
import type { ChatConnection, Hooks, Replacement } from '../../../src/ports/hooks.js';
import { TestPod } from '../../support/test-pod.js';

const podWith = (hooks: Hooks): Promise<TestPod> => TestPod.started({ ports: { hooks } });
const said = async (pod: TestPod) => (await pod.enter('room=lobby')).send(say);

const circle: { self?: unknown } = {};
circle.self = circle;
const unwritable: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['a function', () => {}],
  ['a symbol', Symbol('s')],
  ['a BigInt', { n: 1n }],
  ['a cycle', circle],
  ['what fails when it is asked for JSON', { toJSON: () => Object(null).x.y }],
];

const badArguments: readonly (readonly [string, string, number, ErrorConstructor, readonly unknown[]])[] = [
  ["'4000'", '', 1008, TypeError, ['4000']],
  ['null', '', 1008, TypeError, [null]],
  ['4000n', '', 1008, TypeError, [4000n]],
  ['Symbol()', '', 1008, TypeError, [Symbol('s')]],
  ['an object', '', 1008, TypeError, [{ toString: () => Object(null).x.y }]],
  ['[4000]', '', 1008, TypeError, [[4000]]],
  ['NaN', '', 1008, RangeError, [NaN]],
  ['Infinity', '', 1008, RangeError, [Infinity]],
  ['4000.5', '', 1008, RangeError, [4000.5]],
  ['1006', '', 1008, RangeError, [1006]],
  ['5000', '', 1008, RangeError, [5000]],
  ['4000', '{}', 4000, TypeError, [4000, {}]],
  ['4000', 'null', 4000, TypeError, [4000, null]],
  ['4000', '1n', 4000, TypeError, [4000, 1n]],
];
const say = { room: 'lobby', data: 'secret text', id: 'one' };

describe('onMessage', () => {
  it('gets the message with type chat where none was given', async () => {
    const seen: unknown[] = [];
    const pod = await podWith({
      onMessage(connection, message) {
        seen.push([connection.user.name, connection.rooms, message]);
        return message;
      },
    });
    const client = await pod.enter('room=lobby&name=Ada');
    await client.send({ room: 'lobby', data: 1 });
    await client.send({ type: 'vote', data: 2 });
    expect(seen).toEqual([
      ['Ada', ['lobby'], { type: 'chat', room: 'lobby', data: 1 }],
      ['Ada', ['lobby'], { type: 'vote', data: 2 }],
    ]);
  });

  it('replaces a message', async () => {
    const pod = await podWith({ onMessage: (_connection, { data }) => ({ type: 'shout', data: [data, '!'] }) });
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toContainEqual(
      expect.objectContaining({ type: 'shout', room: 'lobby', offset: 1, data: ['secret text', '!'] }),
    );
  });

  it('drops a message, and the ack says so', async () => {
    const pod = await podWith({ onMessage: () => undefined });
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toEqual([{ type: 'ack', re: 'one', data: { dropped: true } }]);
    expect(await client.send({ data: 1 })).toEqual([]);
  });

  it('refuses a message with an error of its choice', async () => {
    const onMessage = (): never => {
      throw new ChatError('forbidden', 'no advertising here');
    };
    for (const hook of [onMessage, async () => onMessage()]) {
      const pod = await podWith({ onMessage: hook });
      const client = await pod.enter('room=lobby');
      expect(await client.send(say)).toEqual([
        { type: 'error', re: 'one', data: { code: 'forbidden', message: 'no advertising here', retryable: false } },
      ]);
    }
  });

  it('ends in an internal error for that message alone where it fails, and the log does not tell the message', async () => {
    const answers: (() => Replacement)[] = [
      () => {
        throw new Error('broken');
      },
      () => ({ type: 'ack', data: 1 }),
      () => ({ data: undefined }),
      () => ({ data: 1n }),
    ];
    for (const answer of answers) {
      const pod = await podWith({ onMessage: answer });
      const client = await pod.enter('room=lobby');
      expect(await client.send(say)).toMatchObject([{ type: 'error', re: 'one', data: { code: 'internal' } }]);
      expect(await client.send({ type: 'ping' })).toEqual([{ type: 'pong' }]);
      expect(pod.logger.lines.map(({ event }) => event)).toContain('onMessage failed');
      expect(inspect(pod.logger.lines, { depth: 9 })).not.toContain('secret text');
    }
  });

  it('keeps the order of a connection when it takes its time', async () => {
    const waiting: (() => void)[] = [];
    const pod = await podWith({
      onMessage: (_connection, message) =>
        message.data === 1 ? new Promise((resolve) => waiting.push(() => resolve(message))) : message,
    });
    const client = await pod.enter('room=lobby');
    client.push({ room: 'lobby', data: 1 });
    expect(await client.send({ room: 'lobby', data: 2 })).toEqual([]);
    waiting[0]?.();
    await pod.settle();
    expect(client.take().map(({ data }) => data)).toEqual([1, 2]);
  });

  it('is not what decides whether a message was sent before', async () => {
    let calls = 0;
    const pod = await podWith({ onMessage: (_connection, { data }) => ({ data: [data, ++calls] }) });
    const client = await pod.enter('room=lobby');
    const first = (await client.send(say)).find(({ type }) => type === 'ack');
    expect(await client.send(say)).toEqual([first]);
    expect(await client.send({ ...say, data: 'else' })).toMatchObject([{ data: { code: 'conflict' } }]);
  });
});

describe('onConnect and onDisconnect', () => {
  it('frame a connection, and frames wait for onConnect', async () => {
    const events: string[] = [];
    let admit = (): void => undefined;
    const pod = await podWith({
      onConnect: ({ id }) => {
        events.push(`+${id}`);
        return new Promise<void>((resolve) => (admit = resolve));
      },
      onDisconnect: ({ id, rooms }) => void events.push(`-${id} ${rooms.join()}`),
    });
    const client = await pod.arrive('room=lobby');
    const id = client.take()[0]?.data['connection'];
    expect(await client.send(say)).toEqual([]);
    admit();
    await pod.settle();
    expect(client.take().map(({ type }) => type)).toEqual(['ack', 'ack', 'chat']);
    client.leave();
    expect(events).toEqual([`+${String(id)}`, `-${String(id)} lobby`]);
  });

  it('may send to the client alone, and close it', async () => {
    let held: ChatConnection | undefined;
    const pod = await podWith({ onConnect: (connection) => void (held = connection) });
    const client = await pod.enter();
    const other = await pod.enter();
    held?.send({ type: 'motd', data: { text: 'Welcome' } });
    await pod.settle();
    expect(other.take()).toEqual([{ type: 'motd', ts: 1_790_000_000_000, data: { text: 'Welcome' } }]);
    expect(client.take()).toEqual([]);
    expect(() => held?.send({ type: 'ack', data: 1 })).toThrow('message type');
    held?.close(4000, 'enough');
    expect(other.connection.closed).toEqual({ code: 4000, reason: 'enough' });
  });

  it.each(unwritable)('cannot send %s, and are told so', async (_what, data) => {
    let held: ChatConnection | undefined;
    const pod = await podWith({ onConnect: (connection) => void (held = connection) });
    const client = await pod.enter();
    expect(() => held?.send({ data })).toThrow(/^send: expected data that JSON can write/);
    expect(await client.send({ type: 'ping' })).toEqual([{ type: 'pong' }]);
    expect(await podWith({ onMessage: () => ({ data }) }).then(said)).toMatchObject([{ data: { code: 'internal' } }]);
  });

  it.each(badArguments)('close(%s, %s) ends the connection with %i all the same, and throws', async (...row) => {
    const [, , code, error, args] = row;
    let held: ChatConnection | undefined;
    const pod = await podWith({ onConnect: (connection) => void (held ??= connection) });
    const kicked = await pod.enter('room=lobby');
    const other = await pod.enter('room=lobby');
    const close = Object(held).close;
    expect(() => close(...args)).toThrow(error);
    expect(kicked.connection.closed).toEqual({ code, reason: '' });
    await other.send({ room: 'lobby', data: 'behind its back' });
    expect(kicked.take()).toEqual([]);
    expect(await kicked.send({ room: 'lobby', data: 'from outside' })).toEqual([]);
    expect(other.take()).toEqual([]);
  });

  it.each([
    ['of exactly 123 bytes', 'ä'.repeat(61) + 'x', 'ä'.repeat(61) + 'x'],
    ['that is too long, between two characters', `x${'🎈'.repeat(31)}`, `x${'🎈'.repeat(30)}`],
    ['with halves of pairs', 'a\uD83Cb', 'a\uFFFDb'],
  ])('close with a reason that every transport can send: one %s', async (_what, reason, sent) => {
    const pod = await podWith({ onConnect: (connection) => connection.close(4999, reason) });
    expect((await pod.arrive()).connection.closed).toEqual({ code: 4999, reason: sent });
  });

  it('close the connection where onConnect fails', async () => {
    const refuse = await podWith({ onConnect: () => Promise.reject(new ChatError('forbidden', 'members only')) });
    expect((await refuse.arrive()).connection.closed?.code).toBe(1008);
    const broken = await podWith({ onConnect: () => Promise.reject(new Error('broken')) });
    expect((await broken.arrive()).connection.closed?.code).toBe(1011);
  });

  it('leave others alone where onDisconnect fails', async () => {
    const pod = await podWith({
      onDisconnect: () => {
        throw new Error('broken');
      },
    });
    const client = await pod.enter();
    client.leave();
    expect(pod.hub.counts.connections).toBe(0);
    expect(pod.logger.lines.map(({ event }) => event)).toContain('onDisconnect failed');
  });
});
