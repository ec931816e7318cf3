import { type IncomingMessage, get } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { WsTransport, type WsTransportOptions } from '../../../src/adapters/ws/index.js';
import { admit } from '../../../src/contract/transport/recorder.js';
import type { Admission } from '../../../src/ports/chat-port.js';
import type { Logger } from '../../../src/ports/system.js';
import { EchoChat } from '../../support/echo-chat.js';
import { GUARDS } from '../../support/guards.js';
import { watchTimers } from '../../support/live-timers.js';
import { RawWebSocket, TEXT, frame, upgradeRequest } from '../../support/raw-websocket.js';
import { RecordingLogger } from '../../support/test-pod.js';
import { PATH, startWs } from '../../support/ws-harness.js';

const WELCOME = '{"type":"welcome"}';
const text = (payload: string): Buffer => frame({ opcode: TEXT, payload });

const malformed: readonly (readonly [name: string, status: number, request: string])[] = [
  ['no key', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': undefined })],
  ['an empty key', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': '' })],
  ['a key that is too short', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZQ==' })],
  ['a key that is no base64', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': '*'.repeat(22) + '==' })],
  ['no version', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': undefined })],
  ['version 8', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': '8' })],
  ['version 99', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': '99' })],
  ['a garbage version', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': '13, x' })],
  ['the method POST', 400, upgradeRequest(PATH, {}, 'POST')],
  ['the upgrade h2c', 426, upgradeRequest(PATH, { Upgrade: 'h2c' })],
  ['two other upgrades', 426, upgradeRequest(PATH, { Upgrade: 'websockets, h2c' })],
  ['no Host', 400, upgradeRequest(PATH, { Host: undefined })],
  ['two Hosts', 400, upgradeRequest(PATH).replace('\r\n', '\r\nHost: a\r\n')],
  ['HTTP/1.0', 400, upgradeRequest(PATH).replace('HTTP/1.1', 'HTTP/1.0')],
  ['a body', 400, upgradeRequest(PATH, { 'Content-Length': '5' })],
  ['a body in chunks', 400, upgradeRequest(PATH, { 'Transfer-Encoding': 'chunked' })],
  ['an empty list of extensions', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Extensions': '' })],
  ['an extension of two tokens', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Extensions': 'foo bar' })],
  ['an empty list of subprotocols', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': '' })],
  ['a gap in the subprotocols', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': 'a,,b' })],
  ['a subprotocol twice', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': 'a, b, a' })],
  ['a subprotocol that is no token', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': 'a b' })],
  ['another path', 404, upgradeRequest('/nowhere')],
  ['a path with more behind it', 404, upgradeRequest(`${PATH}/more`)],
  ['a path without a slash', 404, upgradeRequest('*')],
];

const running = new Set<Awaited<ReturnType<typeof startWs>>>();
const start = async (chat: EchoChat, options: WsTransportOptions = {}) => {
  const started = await startWs(chat, { closeTimeoutMs: 200, ...options });
  running.add(started);
  return started;
};
afterEach(async () => {
  for (const each of running) await each.stop();
  running.clear();
});

describe('upgrades that are refused', () => {
  it.each(malformed)('%s is answered %i in JSON', async (_, status, request) => {
    const chat = new EchoChat();
    const { port } = await start(chat);
    const raw = await RawWebSocket.send(port, request, Buffer.alloc(100));
    const { status: got, headers, body } = await raw.response();
    expect(got).toBe(status);
    expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
    expect(headers['content-type']).toMatch(/^application\/json/u);
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
    for (const [name, value] of GUARDS) expect(headers[name]).toBe(value);
    expect(headers['connection']).toBe(status === 426 ? 'Upgrade, close' : 'close');
    expect(headers['upgrade']).toBe(status === 426 ? 'websocket' : undefined);
    await raw.ended();
    raw.socket.destroy();
    expect(chat.knocks).toEqual([]);
  });

  it('ends a refused client that does not end itself', async () => {
    const chat = new EchoChat();
    chat.reply = () => ({ status: 401, code: 'unauthorized', message: 'no token' });
    const { port, server } = await start(chat);
    const gone = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
    const raw = await RawWebSocket.send(port, upgradeRequest(PATH));
    raw.socket.allowHalfOpen = true;
    const { status, headers } = await raw.response();
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
    await gone;
    raw.socket.destroy();
  });

  it('answers 500 where the domain breaks its word, and lives on', async () => {
    const chat = new EchoChat();
    const logger = new RecordingLogger();
    const { port } = await start(chat, { logger });
    const cause = new Error('a bug');
    chat.reply = () => Promise.reject(cause);
    const raw = await RawWebSocket.send(port, upgradeRequest(PATH));
    const { status, body } = await raw.response();
    expect([status, JSON.parse(body).error.code]).toEqual([500, 'internal']);
    raw.socket.destroy();
    expect(logger.lines).toEqual([{ level: 'error', event: 'ws knock failed', fields: { cause } }]);
    chat.reply = admit;
    const next = await RawWebSocket.open(port, PATH);
    expect(await next.text()).toBe(WELCOME);
    next.socket.destroy();
  });
});

describe('an upgrade by the whole URL', () => {
  it('is taken, and its host counts instead of the header', async () => {
    const chat = new EchoChat();
    const { port } = await start(chat);
    const raw = await RawWebSocket.open(port, `http://real.example:81${PATH}?room=a&x=/?y`);
    expect(await raw.text()).toBe(WELCOME);
    const [knock] = chat.knocks;
    expect([knock?.host, knock?.query.get('room'), knock?.query.get('x')]).toEqual(['real.example:81', 'a', '/?y']);
    raw.socket.destroy();
  });
});

describe('bytes around the upgrade', () => {
  it('takes what came in the same packet, behind the request', async () => {
    const chat = new EchoChat();
    const { port } = await start(chat);
    const raw = await RawWebSocket.open(port, PATH, Buffer.concat([text('one'), text('two')]));
    expect([await raw.text(), await raw.text(), await raw.text()]).toEqual([WELCOME, 'one', 'two']);
    raw.socket.destroy();
  });

  it('takes what came while the answer was awaited, in order and whole', async () => {
    const chat = new EchoChat();
    const { port } = await start(chat);
    const answers: ((admission: Admission) => void)[] = [];
    chat.reply = () => new Promise((resolve) => void answers.push(resolve));
    const texts = Array.from({ length: 400 }, (_, n) => `${n} ${'x'.repeat(n * 2)}`);
    const all = Buffer.concat(texts.map(text));
    // The first part ends within a frame's header.
    const raw = await RawWebSocket.send(port, upgradeRequest(PATH), all.subarray(0, 7));
    await chat.until(() => chat.knocks.length === 1, 'a knock');
    raw.write(all.subarray(7, 100_000));
    chat.reply = admit;
    const other = await RawWebSocket.open(port, PATH, text('meanwhile'));
    expect([await other.text(), await other.text()]).toEqual([WELCOME, 'meanwhile']);
    raw.write(all.subarray(100_000));
    const [knock] = chat.knocks;
    if (knock !== undefined) answers[0]?.(admit(knock));
    expect((await raw.response()).status).toBe(101);
    expect(await raw.text()).toBe(WELCOME);
    for (const each of texts) expect(await raw.text()).toBe(each);
    raw.socket.destroy();
    other.socket.destroy();
  });

  it.each(['reset', 'end'] as const)('survives a client that is gone before the answer, by %s', async (how) => {
    const chat = new EchoChat();
    const { port, server, transport } = await start(chat);
    const answers: ((admission: Admission) => void)[] = [];
    chat.reply = () => new Promise((resolve) => void answers.push(resolve));
    const sockets: { closed: boolean }[] = [];
    server.prependListener('upgrade', (_, socket) => void sockets.push(socket));
    const raw = await RawWebSocket.send(port, upgradeRequest(PATH));
    await chat.until(() => chat.knocks.length === 1, 'a knock');
    if (how === 'reset') raw.reset();
    else raw.socket.end();
    chat.reply = admit;
    const other = await RawWebSocket.open(port, PATH, text('still there'));
    expect([await other.text(), await other.text()]).toEqual([WELCOME, 'still there']);
    const [knock] = chat.knocks;
    if (knock !== undefined) answers[0]?.(admit(knock));
    other.socket.destroy();
    raw.socket.destroy();
    await transport.close();
    expect(sockets.map(({ closed }) => closed)).toEqual([true, true]);
    expect(chat.sessions.every(({ closes }) => closes === 1)).toBe(true);
    expect(chat.breaches).toEqual([]);
  });
});

describe('a server with a life of its own', () => {
  it('keeps its routes', async () => {
    const { port, server } = await start(new EchoChat());
    server.on('request', (_, response) => response.end('a route'));
    const body = await new Promise<string>((resolve, reject) => {
      get({ port, path: PATH }, (response) => response.on('data', (chunk) => resolve(String(chunk)))).on(
        'error',
        reject,
      );
    });
    expect(body).toBe('a route');
  });

  it.each(['prependListener', 'on'] as const)('keeps its own upgrades, added by %s', async (add) => {
    const { port, server } = await start(new EchoChat());
    server[add]('upgrade', (request: IncomingMessage, socket: Duplex) => {
      if (request.url === '/mine') setImmediate(() => socket.end('HTTP/1.1 418 Mine\r\n\r\n'));
    });
    const mine = await RawWebSocket.send(port, upgradeRequest('/mine'));
    expect((await mine.response()).status).toBe(418);
    mine.socket.destroy();
    const ours = await RawWebSocket.open(port, PATH);
    expect(await ours.text()).toBe(WELCOME);
    ours.socket.destroy();
  });

  it('serves several transports, each on its path, and answers 404 once', async () => {
    const { port, server } = await start(new EchoChat());
    const chat = new EchoChat();
    const second = new WsTransport(chat, { closeTimeoutMs: 200 });
    second.attach(server, { path: '/second' });
    for (const path of [PATH, '/second']) {
      const raw = await RawWebSocket.open(port, `${path}?room=lobby`);
      expect(await raw.text()).toBe(WELCOME);
      raw.socket.destroy();
    }
    expect(chat.knocks.map(({ query }) => query.get('room'))).toEqual(['lobby']);
    const nowhere = await RawWebSocket.send(port, upgradeRequest('/nowhere'));
    expect((await nowhere.response()).status).toBe(404);
    await nowhere.ended();
    nowhere.socket.destroy();
    await second.close();
  });

  it('serves a path once, by whichever transport, until that lets go of it', async () => {
    const { server, transport } = await start(new EchoChat());
    const second = new WsTransport(new EchoChat());
    for (const one of [transport, second]) {
      expect(() => one.attach(server, { path: PATH })).toThrow(`another attach() serves ${PATH} on this server`);
    }
    transport.detach();
    second.attach(server, { path: PATH });
    await second.close();
    transport.attach(server, { path: PATH });
  });

  it('cuts off, and says so, whom another listener of its path has taken already', async () => {
    const error = vi.fn<Logger['error']>();
    const { port, server } = await start(new EchoChat(), { logger: { ...silentLogger, error } });
    const other = new WebSocketServer({ server, path: PATH });
    const raw = await RawWebSocket.open(port, PATH);
    await raw.ended();
    expect(error.mock.calls).toEqual([['ws upgrade failed', { cause: expect.any(Error) as Error }]]);
    raw.socket.destroy();
    other.close();
  });
});

describe('the end of a transport', () => {
  it('leaves no listener and no timer', async () => {
    const timers = watchTimers();
    const chat = new EchoChat();
    const { port, server, transport } = await start(chat);
    const raw = await RawWebSocket.open(port, PATH);
    expect(await raw.text()).toBe(WELCOME);
    chat.reply = () => ({ status: 401, code: 'unauthorized', message: 'no token' });
    const refused = await RawWebSocket.send(port, upgradeRequest(PATH));
    expect((await refused.response()).status).toBe(401);
    expect(transport.connections).toBe(1);
    // The heartbeat, and the patience with the refused client.
    expect(await timers.live()).toBe(2);
    await transport.close();
    refused.socket.destroy();
    raw.socket.destroy();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(transport.connections).toBe(0);
    expect(await timers.live()).toBe(0);
    timers.stop();
    expect(() => transport.attach(server, { path: PATH })).toThrow('after close()');
  });

  it('gives up on a client that does not answer the close', async () => {
    const chat = new EchoChat();
    const { port, transport } = await start(chat);
    const raw = await RawWebSocket.open(port, PATH);
    raw.socket.pause();
    await transport.close();
    expect(chat.sessions.map(({ closes }) => closes)).toEqual([1]);
    raw.socket.destroy();
  });

  it('answers 503 to a client that waits for its answer', async () => {
    const chat = new EchoChat();
    const { port, transport } = await start(chat);
    const answers: (() => void)[] = [];
    chat.reply = (knock) => new Promise((resolve) => void answers.push(() => resolve(admit(knock))));
    const raw = await RawWebSocket.send(port, upgradeRequest(PATH));
    await chat.until(() => chat.knocks.length === 1, 'a knock');
    const closed = transport.close();
    answers[0]?.();
    const { status, headers } = await raw.response();
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    raw.socket.destroy();
    await closed;
    expect(chat.sessions).toEqual([]);
  });

  it('detaches without touching those who are in', async () => {
    const chat = new EchoChat();
    const { port, server, transport } = await start(chat);
    const raw = await RawWebSocket.open(port, PATH);
    expect(await raw.text()).toBe(WELCOME);
    transport.detach();
    expect(server.listenerCount('upgrade')).toBe(0);
    raw.write(text('still in'));
    expect(await raw.text()).toBe('still in');
    raw.socket.destroy();
  });
});
