import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ChatError } from '../../../src/domain/errors.js';
import type { ChatConnection, Hooks, Replacement } from '../../../src/ports/hooks.js';
import { TestPod } from '../../support/test-pod.js';

const podWith = (hooks: Hooks): Promise<TestPod> => TestPod.started({ ports: { hooks } });
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
    expect(() => held?.close(1006)).toThrow(RangeError);
    held?.close(4000, 'enough');
    expect(other.connection.closed).toEqual({ code: 4000, reason: 'enough' });
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
