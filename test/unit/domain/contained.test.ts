import { describe, expect, it } from 'vitest';
import { GuestAuth } from '../../../src/adapters/guest/guest-auth.js';
import { JsonCodec } from '../../../src/adapters/json/codec.js';
import { MemoryBroadcaster } from '../../../src/adapters/memory/index.js';
import { ChatError } from '../../../src/domain/errors.js';
import type { BroadcastPort } from '../../../src/ports/broadcast-port.js';
import type { ChatConnection, Hooks } from '../../../src/ports/hooks.js';
import { failures, nonsense, revoked } from '../../support/hostile.js';
import { TestPod, type TestClient } from '../../support/test-pod.js';

const whatever = [...failures, ...nonsense];
const say = { room: 'lobby', data: 'text', id: 'one' };

/** What was logged, but for the traces of refusals. */
function linesOf(pod: TestPod) {
  return pod.logger.lines.filter(({ event }) => event !== 'refused' && event !== 'refusals');
}

function eventsOf(pod: TestPod): string[] {
  return linesOf(pod).map(({ event }) => event);
}

/** Nobody who is connected notices anything. */
async function isServed(client: TestClient): Promise<void> {
  expect(await client.send({ type: 'ping', id: 'p' })).toEqual([{ type: 'pong', re: 'p' }]);
}

describe('a hook that fails costs its client alone:', () => {
  const podWith = (hooks: Record<string, unknown>) => TestPod.started({ ports: { hooks: Object(hooks) } });

  it.each(failures)('onConnect %s: the connection is closed with 1011', async (_how, fail) => {
    const pod = await podWith({ onConnect: ({ user }: ChatConnection) => (user.name === 'Eve' ? fail() : undefined) });
    const other = await pod.enter();
    expect((await pod.arrive('name=Eve')).connection.closed).toEqual({ code: 1011, reason: 'server fault' });
    expect(eventsOf(pod)).toEqual(['connected', 'connected', 'onConnect failed']);
    await isServed(other);
  });

  it.each(whatever)('authorize %s: denied', async (_how, fail) => {
    const pod = await podWith({ authorize: fail });
    const client = await pod.enter();
    expect(await client.send({ type: 'join', room: 'lobby', id: 'j' })).toMatchObject([
      { data: { code: 'forbidden' } },
    ]);
    pod.clock.advance(5000);
    pod.scheduler.pass();
    expect(pod.logger.lines.filter(({ event }) => event === 'authorize failed').length).toBeLessThanOrEqual(1);
    await isServed(client);
  });

  it.each(failures)('onMessage %s: internal', async (_how, fail) => {
    const pod = await podWith({ onMessage: fail });
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toMatchObject([{ re: 'one', data: { code: 'internal' } }]);
    expect(eventsOf(pod)).toContain('onMessage failed');
    await isServed(client);
  });

  it.each(failures)('onDisconnect %s: it is logged', async (_how, fail) => {
    const pod = await podWith({ onDisconnect: fail });
    const other = await pod.enter();
    (await pod.enter()).leave();
    await pod.settle();
    expect(eventsOf(pod).at(-1)).toBe('onDisconnect failed');
    await isServed(other);
  });

  it.each([
    ['code', { code: { value: 5 } }],
    ['code that throws', { code: { get: () => Object(null).x.y } }],
    ['message', { message: { value: 1n } }],
  ])('a ChatError with a bad %s is a failure like any other', async (_what, members) => {
    const thrown = Object.defineProperties(new ChatError('forbidden', 'no'), members);
    const pod = await podWith({ onMessage: () => Promise.reject(thrown) });
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toMatchObject([{ re: 'one', data: { code: 'internal' } }]);
  });
});

describe('an AuthPort that fails', () => {
  const wrong: readonly (readonly [string, () => unknown])[] = [
    ['knows no user', () => ({ user: null })],
    ['gives an id that is no text', () => ({ user: { id: 5, name: 'five' } })],
    ['gives no name', () => ({ user: { id: 'ada' } })],
    ['permits with null', () => ({ user: { id: 'ada', name: 'Ada' }, permissions: null })],
    ['permits with text', () => ({ user: { id: 'ada', name: 'Ada' }, permissions: { join: 'lobby' } })],
    ['permits with a number', () => ({ user: { id: 'ada', name: 'Ada' }, permissions: { global: 0 } })],
    ['ends at NaN', () => ({ user: { id: 'ada', name: 'Ada' }, expiresAt: NaN })],
    ['was issued at text', () => ({ user: { id: 'ada', name: 'Ada' }, issuedAt: '2030' })],
    ['refuses with 200', () => ({ status: 200, code: 'fine', message: 'come in' })],
  ];

  it.each([...whatever, ...wrong])('lets nobody in, and says why in the log: it %s', async (_how, fail) => {
    let fails = false;
    const guests = new GuestAuth();
    const auth = Object({
      authenticate: (credentials: never) => (fails ? fail() : guests.authenticate(credentials)),
    });
    const pod = await TestPod.started({ ports: { keepers: { auth, guests, authRequired: true } } });
    const client = await pod.enter('token=x');
    fails = true;
    expect(await pod.knock('token=y')).toMatchObject({ status: 503, code: 'unavailable', retryAfter: 1 });
    expect(eventsOf(pod).at(-1)).toBe('authenticate failed');
    expect(await client.send({ type: 'auth', id: 'a', data: { token: 'z' } })).toMatchObject([
      { re: 'a', data: { code: 'unavailable' } },
    ]);
    await isServed(client);
  });
});

describe('a broadcaster that fails', () => {
  /** A pod whose broadcaster fails at one method, but for the channel of everybody: without that nobody is let in. */
  async function podWith(method: keyof BroadcastPort, fail: () => unknown): Promise<TestPod> {
    const broadcaster = new MemoryBroadcaster({ historySize: 100 });
    const own: (...args: never[]) => unknown = Object(broadcaster)[method].bind(broadcaster);
    Object.assign(broadcaster, { [method]: (...args: never[]) => (args[0] === '' ? own(...args) : fail()) });
    return TestPod.started({ ports: { broadcaster } });
  }

  const wrong: readonly (readonly [string, () => unknown])[] = [
    ['answers without a receipt', () => ({ status: 'published' })],
    ['answers without a position', () => ({ status: 'published', receipt: { id: 'm', ts: 1 } })],
    ['subscribes at no position', () => Promise.resolve({ status: 'subscribed' })],
    ['reads nothing', () => ({ status: 'read' })],
    ['reads no entries', () => ({ status: 'read', position: { epoch: 'e', offset: 1 }, entries: [1], more: false })],
  ];

  it.each([...whatever, ...wrong])('at publish refuses the message, which may be stored: it %s', async (_how, fail) => {
    const pod = await podWith('publish', fail);
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toMatchObject([{ re: 'one', data: { code: 'unavailable', maybe: true } }]);
    expect(linesOf(pod).at(-1)).toMatchObject({ event: 'the broadcaster failed', fields: { method: 'publish' } });
    expect(await client.send({ data: 'to all', id: 'two' })).toContainEqual(expect.objectContaining({ type: 'ack' }));
  });

  it.each([...whatever, ...wrong])('at subscribe refuses the join: it %s', async (_how, fail) => {
    const pod = await podWith('subscribe', fail);
    const client = await pod.enter();
    expect(await client.send({ type: 'join', room: 'lobby', id: 'j' })).toMatchObject([
      { data: { code: 'unavailable' } },
    ]);
    expect(pod.hub.counts.rooms).toBe(1);
    await isServed(client);
  });

  it.each([...whatever, ...wrong])('at read refuses history and resume: it %s', async (_how, fail) => {
    const pod = await podWith('read', fail);
    const client = await pod.enter('room=lobby');
    const since = { epoch: 'e', offset: 0 };
    for (const request of [
      { type: 'history', data: {} },
      { type: 'join', data: { since } },
    ])
      expect(await client.send({ ...request, room: 'lobby', id: 'r' })).toMatchObject([
        { re: 'r', data: { code: 'unavailable' } },
      ]);
    await isServed(client);
  });

  it.each(failures)('at unsubscribe is logged, and the room is left: it %s', async (_how, fail) => {
    const pod = await podWith('unsubscribe', fail);
    const client = await pod.enter('room=lobby');
    expect(await client.send({ type: 'leave', room: 'lobby', id: 'l' })).toMatchObject([{ type: 'ack', re: 'l' }]);
    expect(pod.hub.counts.rooms).toBe(1);
    await isServed(client);
  });

  it.each(whatever)(
    'at announce leaves the other pods out, and the user is gone from this one: it %s',
    async (_how, fail) => {
      const pod = await podWith('announce', fail);
      const client = await pod.enter();
      const other = await pod.enter();
      const mallory = await pod.arrive();
      const { id } = Object(mallory.take()[0]?.data['user']);
      expect(await pod.hub.disconnect(id)).toBe(false);
      expect(mallory.connection.closed?.code).toBe(4403);
      await isServed(client);
      await isServed(other);
    },
  );

  it.each(failures)('at close does not keep the pod: it %s', async (_how, fail) => {
    const pod = await podWith('close', fail);
    await expect(pod.hub.close()).resolves.toBeUndefined();
    expect(eventsOf(pod).at(-1)).toBe('the broadcaster failed');
  });

  it.each(whatever)('at its health makes the pod unready: it %s', async (_how, fail) => {
    let fails = false;
    const broadcaster = new MemoryBroadcaster({ historySize: 100 });
    Object.defineProperty(broadcaster, 'health', { get: () => (fails ? fail() : { ready: true }) });
    const pod = await TestPod.started({ ports: { broadcaster } });
    fails = true;
    expect(pod.hub.health).toEqual({ ready: false, reasons: ['the broadcaster cannot report its health'] });
  });

  it('all the time writes one line a second', async () => {
    const pod = await podWith('publish', () => Promise.reject(new Error('broken')));
    const client = await pod.enter('room=lobby');
    const lines = () => pod.logger.lines.filter(({ event }) => event === 'the broadcaster failed').length;
    for (let n = 0; n < 10; n++) await client.send({ ...say, id: `${n}` });
    expect(lines()).toBe(1);
    pod.clock.advance(1000);
    await client.send(say);
    expect(lines()).toBe(2);
  });
});

describe('a logger that fails', () => {
  const levels = ['debug', 'info', 'warn', 'error'];

  it.each(whatever)('stops nothing: it %s', async (_how, fail) => {
    const logger = Object(Object.fromEntries(levels.map((level) => [level, fail])));
    const hooks: Hooks = { onMessage: () => Promise.reject(new Error('broken')), onDisconnect: () => fail() as void };
    const pod = await TestPod.started({ ports: { logger, hooks } });
    const client = await pod.enter('room=lobby');
    expect(await client.send(say)).toMatchObject([{ re: 'one', data: { code: 'internal' } }]);
    (await pod.enter()).leave();
    await isServed(client);
  });

  it('at what was thrown still gets the event', async () => {
    const lines: unknown[] = [];
    const write = (event: string, fields: object = {}): void => void lines.push([event, JSON.stringify(fields)]);
    const logger = { debug: write, info: write, warn: write, error: write };
    const hooks = { onMessage: () => Promise.reject(revoked()) };
    const pod = await TestPod.started({ ports: { logger, hooks } });
    await (await pod.enter('room=lobby')).send(say);
    expect(lines.at(-1)).toEqual(['onMessage failed', expect.stringContaining('the logger could not read it')]);
  });
});

describe('a connection whose transport fails', () => {
  it('at a promise that it should not have made is closed', async () => {
    const pod = await TestPod.started();
    const bad = await pod.enter('room=lobby');
    const other = await pod.enter('room=lobby');
    Object.assign(bad.connection, { send: () => Promise.reject(new Error('broken')) });
    await other.send({ room: 'lobby', data: 'hello' });
    expect(bad.connection.closed?.code).toBe(1011);
    expect(eventsOf(pod).at(-1)).toBe('the transport failed');
  });

  it.each(['send', 'writable', 'pause', 'close'] as const)(
    'at %s is closed, and nobody else notices',
    async (member) => {
      const pod = await TestPod.started({ options: { rateLimit: 1, rateBurst: 1 } });
      const bad = await pod.enter('room=lobby');
      const others = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
      const broken = (): never => {
        throw new Error('broken');
      };
      Object.defineProperty(bad.connection, member, member === 'writable' ? { get: broken } : { value: broken });
      // It is asked for everything: to send, to pause for its rate, to close.
      for (let n = 0; n < 2; n++) bad.push({ type: 'join', room: 'lobby' });
      await others[0]?.send({ room: 'lobby', data: 'hello' });
      await pod.hub.drain({ code: 1012, reason: 'restart', reconnectAfterMs: () => 0 });
      expect(others[1]?.take().map(({ type }) => type)).toEqual(['chat', 'draining']);
      for (const { connection } of others) expect(connection.closed?.code).toBe(1012);
      if (member !== 'close') expect(bad.connection.closed?.code).toBe(1011);
      expect(eventsOf(pod).filter((event) => event === 'the transport failed')).toHaveLength(1);
    },
  );
});

describe('a codec that fails', () => {
  it('refuses the frame', async () => {
    const codec = new JsonCodec();
    const pod = await TestPod.started({ ports: { codec } });
    const client = await pod.enter();
    const decode = codec.decode.bind(codec);
    Object.assign(codec, { decode: () => Object(null).x.y });
    expect(await client.send(say)).toMatchObject([{ type: 'error', data: { code: 'bad_request' } }]);
    Object.assign(codec, { decode });
    await isServed(client);
  });
});
