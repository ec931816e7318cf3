import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { HOME } from '../support/abuse/crowd.js';
import { each, PATIENCE_MS, scaled, within } from '../support/abuse/scale.js';
import { ChatClient } from '../support/chat-client.js';
import { CLOSE, frame, PING, PONG, RawWebSocket, TEXT, upgradeRequest } from '../support/raw-websocket.js';

const pod = abusedPod({ buffers: 16 });

const PATH = '/api/chat-api/ws';
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));
const text = (payload: string): Buffer => frame({ opcode: TEXT, payload });

async function open(query = 'name=Mallory'): Promise<RawWebSocket> {
  const raw = await within(RawWebSocket.open(pod.port, `${PATH}?${query}`), 'an upgrade');
  onTestFinished(() => raw.reset());
  return raw;
}

async function connect(query: Record<string, string> = {}): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, { query: { name: 'Mallory', ...query } });
  onTestFinished(() => client.kill());
  return client;
}

/** The code that the pod closes with, whatever comes before. */
async function closeCode(raw: RawWebSocket): Promise<number | undefined> {
  const frames = await within(raw.rest(), 'the end of a connection');
  return frames.find(({ opcode }) => opcode === CLOSE)?.payload.readUInt16BE(0);
}

const bomb = deflateRawSync(Buffer.alloc(50_000_000, 0x20)).subarray(0, 60_000);

/** Bytes that end a connection, and how. */
const endings: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
  ['fragments of a byte without end', 1008, times(20_000, frame({ opcode: 0, fin: false, payload: ' ' }))],
  ['empty fragments without end', 1008, times(20_000, frame({ opcode: 0, fin: false }))],
];

describe('floods on one connection', () => {
  it.each(endings)('%s', async (kind, code, bytes) => {
    await each(scaled(5, 50), 5, async () => {
      const raw = await open();
      raw.write(frame({ opcode: TEXT, fin: false, payload: '{' }));
      raw.write(bytes);
      expect(await closeCode(raw)).toBe(code);
      raw.reset();
      // However many fragments: one attack.
      pod.tried(kind);
    });
  });

  it('pings by somebody who does not read the pongs', async () => {
    const count = scaled(20_000, 500_000);
    const raw = await open();
    raw.socket.pause();
    const pings = times(1000, frame({ opcode: PING, payload: 'x'.repeat(125) }));
    for (let sent = 0; sent < count; sent += 1000) raw.write(pings);
    await pod.crowd.noticedNothing();
    raw.socket.resume();
    raw.write(frame({ opcode: PING, payload: 'the last' }));
    let pongs = 0;
    for (;;) {
      const next = await within(raw.next(), 'the last pong');
      if (next === undefined || next.opcode === CLOSE) throw new Error('the flood was closed');
      if (next.payload.toString() === 'the last') break;
      if (next.opcode === PONG) pongs += 1;
    }
    // One for each turn in which some came, and so no memory of all the others.
    expect(pongs).toBeLessThan(count / 10);
    pod.tried('floods of pings unread');
  });

  it('messages far above the rate limit: answered, and in the end closed', async () => {
    for (let n = 0; n < scaled(2, 20); n += 1) {
      const client = await connect();
      for (let m = 0; m < 2000; m += 1) client.send({ room: HOME, data: { canary: 'canary-flood' }, id: `${m}` });
      expect((await within(client.closed, 'the close')).code).toBe(1008);
      expect(client.ofType('error').length).toBeGreaterThan(1000 - 1);
      pod.tried('messages above the rate limit', 2000);
    }
  });
});

describe('compression', () => {
  it('is refused, and so are frames that say they are compressed', async () => {
    await each(scaled(20, 500), 5, async () => {
      const extensions = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
      const raw = await RawWebSocket.send(pod.port, upgradeRequest(PATH, extensions));
      const { status, headers } = await within(raw.response(), 'an upgrade');
      expect([status, headers['sec-websocket-extensions']]).toEqual([101, undefined]);
      raw.write(frame({ opcode: TEXT, rsv: 4, payload: bomb }));
      expect(await closeCode(raw)).toBe(1002);
      raw.reset();
      pod.tried('compression bombs');
    });
  });
});

/** What floods of joins ask for: `%` is a number that grows. */
const names: readonly (readonly [kind: string, name: (n: number) => string, accepted: boolean])[] = [
  ['joins of new rooms', (n) => `new-${n}`, true],
  ['joins of long names', (n) => `${n}`.padEnd(128, 'ä'), true],
  ['joins of names that are too long', (n) => `${n}`.padEnd(129 + (n % 9000), 'x'), false],
  ['joins of Unicode twins', (n) => `${n % 2 ? 'hоme' : 'hοme'}${n}`, true],
  ['joins of twins not in NFC', (n) => `home${n}e\u0301`, false],
];

describe('floods of joins', () => {
  it.each(names)('%s, each left again', async (kind, name, accepted) => {
    const rounds = scaled(4, 100);
    for (let round = 0; round < rounds; round += 1) {
      const client = await connect();
      // 100 frames are the burst that a connection has.
      for (let n = 0; n < 100; n += 1) {
        const room = name(round * 50 + (n >> 1));
        client.send({ type: n % 2 ? 'leave' : 'join', room, id: `${n}` });
      }
      const answer = () => client.frames.find(({ re }) => re === '99');
      expect((await client.until(answer, 'the last answer')).type).toBe(accepted ? 'ack' : 'error');
      expect(client.frames.filter(({ re }) => re !== undefined).length).toBe(100);
      await client.kill();
      pod.tried(kind, 100);
    }
  });
});

describe('many at once', () => {
  it(
    'upgrades one behind the other in one packet: the first is answered alone',
    async () => {
      await each(scaled(100, 2000), 10, async () => {
        const raw = await RawWebSocket.send(pod.port, upgradeRequest(PATH).repeat(20));
        expect((await within(raw.response(), 'an upgrade')).status).toBe(101);
        // What follows are no frames.
        expect([1002, 1003, 1007, 1008, 1009]).toContain(await closeCode(raw));
        raw.reset();
        pod.tried('pipelined upgrades', 20);
      });
    },
    PATIENCE_MS,
  );

  it('text by 100 who read nothing', async () => {
    const deaf = await Promise.all(Array.from({ length: 100 }, () => open('room=deaf')));
    for (const raw of deaf) raw.socket.pause();
    for (const raw of deaf) for (let n = 0; n < 50; n += 1) raw.write(text('{"room":"deaf","data":"canary-unread"}'));
    await pod.crowd.noticedNothing();
    pod.tried('messages by the deaf', 5000);
  });
});
