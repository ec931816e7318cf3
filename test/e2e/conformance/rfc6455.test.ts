import { createHash, randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { attackedPod } from '../../support/attacked-pod.js';
import { Conformance, chat, closesIn, say, until } from '../../support/conformance.js';
import { inPieces, seed, ways } from '../../support/in-pieces.js';
import {
  BINARY,
  CLOSE,
  PING,
  PONG,
  RawWebSocket,
  TEXT,
  closePayload,
  frame,
  upgradeRequest,
} from '../../support/raw-websocket.js';
import { closing } from './closing.js';
import { controls } from './controls.js';
import { fragments } from './fragments.js';
import { framing } from './framing.js';
import { refused, taken } from './handshake.js';
import { utf8 } from './utf8.js';

// Nobody waits between two cases.
const pod = attackedPod({ RATE_LIMIT: '5000' });
const suite = new Conformance(pod);

afterAll(() => void process.stdout.write(`conformance: ${suite.count} cases, HUBBUB_SEED=${seed}\n`));

const ask = frame({ opcode: TEXT, payload: '{"type":"ping","id":"there?"}' });

/** What RFC 6455 makes of a key (4.2.2, 5.4). */
function acceptOf(request: string): string {
  const key = /sec-websocket-key:\s*(\S*)/i.exec(request)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Sends an upgrade, in pieces, and expects a WebSocket that works and has nothing that was not asked for. */
async function expectTaken(raw: RawWebSocket, request: string, protocol?: string): Promise<void> {
  const { status, headers } = await raw.response();
  expect({ status, ...headers }).toEqual({
    status: 101,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': acceptOf(request),
    ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
  });
  expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome' });
  await until(raw, ({ payload }) => payload.toString() === '{"type":"pong","re":"there?"}');
}

async function knock(): Promise<RawWebSocket> {
  suite.counted();
  const raw = await RawWebSocket.send(pod.port, '');
  onTestFinished(() => raw.reset());
  return raw;
}

async function open(): Promise<RawWebSocket> {
  suite.counted();
  const raw = await suite.open();
  onTestFinished(() => raw.reset());
  return raw;
}

describe('RFC 6455, handshake', () => {
  it.each(taken)('%s is taken', async (_, request, protocol?: string) => {
    for (const way of ways) {
      const raw = await knock();
      await inPieces(raw, Buffer.from(request, 'latin1'), way);
      raw.write(ask);
      await expectTaken(raw, request, protocol);
    }
  });

  it.each(refused)('%s: %i', async (name, status, request) => {
    for (const way of ways) {
      const raw = await knock();
      await inPieces(raw, Buffer.from(request, 'latin1'), way);
      const answer = await raw.response();
      expect(answer.status).toBe(status);
      expect(answer.headers).not.toHaveProperty('sec-websocket-accept');
      expect(answer.headers['upgrade']).toBe(status === 426 ? 'websocket' : undefined);
      if (/^(4\.4|11\.3\.5)/.test(name)) expect(answer.headers['sec-websocket-version']).toBe('13');
      raw.reset();
    }
  });

  it('4.2.2 the answer to random keys', async () => {
    for (let n = 0; n < 25; n++) {
      const request = upgradeRequest('/api/chat-api/ws', { 'Sec-WebSocket-Key': randomBytes(16).toString('base64') });
      const raw = await knock();
      raw.write(Buffer.concat([Buffer.from(request), ask]));
      await expectTaken(raw, request);
    }
  });

  it.each([0, 1, 2, 6, 7, 20])('4.1 frames right behind the request, of which %i bytes come later', async (later) => {
    const bytes = Buffer.concat([Buffer.from(upgradeRequest('/api/chat-api/ws')), ask]);
    const raw = await knock();
    raw.write(bytes.subarray(0, bytes.length - later));
    const { status } = await raw.response();
    expect(status).toBe(101);
    expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome' });
    raw.write(bytes.subarray(bytes.length - later));
    await until(raw, ({ payload }) => payload.toString() === '{"type":"pong","re":"there?"}');
  });

  it('4.1 an upgrade on a connection that served another request', async () => {
    const raw = await knock();
    raw.write(Buffer.from('GET /livez HTTP/1.1\r\nHost: chat.example\r\n\r\n'));
    expect((await raw.response()).status).toBe(200);
    const request = upgradeRequest('/api/chat-api/ws');
    raw.write(Buffer.concat([Buffer.from(request), ask]));
    await expectTaken(raw, request);
  });
});

describe.each([
  ['framing', framing],
  ['fragmentation', fragments],
  ['pings and pongs', controls],
  ['UTF-8', utf8],
  ['closing', closing],
])('RFC 6455, %s', (_, cases) => {
  for (const wireCase of cases) it(wireCase.name, () => suite.run(wireCase));
});

describe('RFC 6455, in conversation', () => {
  it('5.2 the server tells each length in as few bytes as it needs', async () => {
    const raw = await open();
    const lengths: number[] = [];
    for (let size = 74; size < 86; size++) {
      const room = 'r'.repeat(size);
      for (const type of ['join', 'leave']) {
        raw.write(frame({ opcode: TEXT, payload: JSON.stringify({ type, room, id: type }) }));
      }
      const frames = await until(raw, ({ payload }) => payload.includes('"re":"leave"'));
      lengths.push(frames.at(-1)?.payload.length ?? 0);
    }
    expect(lengths).toEqual(expect.arrayContaining([124, 125, 126, 127, 128]));
    suite.counted(lengths.length);
  });

  it('5.2 so it does around 65,536 bytes', async () => {
    const raw = await open();
    raw.write(say('x'));
    const isCopy = ({ payload }: { readonly payload: Buffer }): boolean => payload.includes('"content"');
    const around = 65_536 - ((await until(raw, isCopy)).at(-1)?.payload.length ?? 0);
    const lengths: number[] = [];
    // The offset in the copy may have become longer meanwhile.
    for (let size = around - 6; size < around + 6; size++) {
      raw.write(say('x'.repeat(size)));
      lengths.push((await until(raw, isCopy)).at(-1)?.payload.length ?? 0);
    }
    expect(lengths).toEqual(expect.arrayContaining([65_534, 65_535, 65_536, 65_537]));
    suite.counted(lengths.length);
    await suite.heard();
  });

  it('5.5.2 pings one after the other are all answered, in order', async () => {
    const raw = await open();
    for (let n = 0; n < 10; n++) {
      raw.write(frame({ opcode: PING, payload: `ping ${n}` }));
      const frames = await until(raw, ({ opcode }) => opcode === PONG);
      expect(frames.at(-1)?.payload.toString()).toBe(`ping ${n}`);
    }
  });

  it('7.1.1 the server ends TCP first, and without a reset, once its close is answered', async () => {
    const raw = await open();
    raw.write(frame({ opcode: BINARY, payload: 'x' }));
    await until(raw, ({ opcode }) => opcode === CLOSE);
    raw.write(frame({ opcode: CLOSE, payload: closePayload(1003) }));
    expect(await raw.rest()).toEqual([]);
    expect(raw.failure).toBeUndefined();
  });

  it('7.1.1 who never answers its close is cut off', async () => {
    const raw = await open();
    raw.write(frame({ opcode: BINARY, payload: 'x' }));
    await until(raw, ({ opcode }) => opcode === CLOSE);
    expect(await raw.rest()).toEqual([]);
  });

  it('7.1.4 a client that only ends its half of TCP: what it said before is taken', async () => {
    const raw = await open();
    raw.socket.end(say('last words'));
    await raw.rest();
    expect(await suite.heard()).toEqual(['last words']);
  });

  it.each([
    ['within a frame', say('half').subarray(0, 20)],
    ['between two fragments', frame({ opcode: TEXT, fin: false, payload: chat('half') })],
  ])('7.1.4 a client that ends its half of TCP %s: it is not taken', async (_, bytes) => {
    const raw = await open();
    raw.socket.end(bytes);
    expect(closesIn(await raw.rest())).toEqual([]);
    expect(await suite.heard()).toEqual([]);
  });

  it('7.1.1 a client that ends its half right behind its close still gets the answer', async () => {
    const raw = await open();
    raw.socket.end(frame({ opcode: CLOSE, payload: closePayload(4000, 'bye') }));
    expect(closesIn(await raw.rest())).toEqual([closePayload(4000, 'bye').toString('hex')]);
  });

  it('5.5.1 nothing comes behind the close, whatever the room says', async () => {
    const [raw, other] = [await open(), await open()];
    other.write(Buffer.concat(Array.from({ length: 50 }, (_, n) => say(`crowd ${n}`))));
    raw.write(frame({ opcode: CLOSE, payload: closePayload(1000) }));
    const frames = await raw.rest();
    expect(frames.findIndex(({ opcode }) => opcode === CLOSE)).toBe(frames.length - 1);
    await until(other, ({ payload }) => payload.includes('"crowd 49"'));
    await suite.heard();
  });

  it('6.1 56,000 bytes come back as they were', async () => {
    const raw = await open();
    const content = 'äß€👋\u2028'.repeat(4000);
    raw.write(say(content));
    const frames = await until(raw, ({ payload }) => payload.includes('"content"'));
    expect(frames.at(-1)?.payload.includes(JSON.stringify({ content }))).toBe(true);
    await suite.heard();
  });
});
