import { describe, expect, it, onTestFinished } from 'vitest';
import { attackedPod } from '../support/attacked-pod.js';
import {
  BINARY,
  CLOSE,
  PING,
  RawWebSocket,
  TEXT,
  closePayload,
  frame,
  type ServerFrame,
} from '../support/raw-websocket.js';

const pod = attackedPod();

const text = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, payload });
const chat = (content: string): Buffer => text(JSON.stringify({ data: { content } }));
const start = (payload: string): Buffer => frame({ opcode: TEXT, fin: false, payload });
const more = (payload: string): Buffer => frame({ opcode: 0, fin: false, payload });
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));

const faults: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
  ['invalid UTF-8', 1007, text(Buffer.from([0x7b, 0xc3, 0x28]))],
  ['a surrogate in UTF-8', 1007, text(Buffer.from([0xed, 0xa0, 0x80]))],
  ...[1, 2, 4].map((rsv) => [`reserved bit ${rsv}`, 1002, frame({ opcode: TEXT, rsv, payload: '{}' })] as const),
  ['an unmasked frame', 1002, frame({ opcode: TEXT, masked: false, payload: '{"data":1}' })],
  ['an unknown opcode', 1002, frame({ opcode: 5 })],
  ['an unknown control opcode', 1002, frame({ opcode: 12 })],
  ['a ping that is too long', 1002, frame({ opcode: PING, payload: 'x'.repeat(126) })],
  ['a continuation of nothing', 1002, frame({ opcode: 0, payload: 'x' })],
  ['a text within a text', 1002, Buffer.concat([start('{'), text('}')])],
  ['a close code that may not be sent', 1002, frame({ opcode: CLOSE, payload: closePayload(1005) })],
  ['a binary frame', 1003, frame({ opcode: BINARY, payload: '{"data":1}' })],
  ['an empty binary frame', 1003, frame({ opcode: BINARY })],
  ['65,537 bytes', 1009, text(`{"data":"${'x'.repeat(65_526)}"}`)],
  ['65,537 bytes of which each is half a character', 1009, text(`{"data":"${'ä'.repeat(32_763)}"}`)],
  ['65,537 bytes in fragments', 1009, Buffer.concat([start('x'.repeat(65_000)), more('x'.repeat(537))])],
  ['a length of 2^63', 1009, Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  ['endless fragments of a byte', 1008, Buffer.concat([start('{'), times(5000, more(' '))])],
  ['endless empty fragments', 1008, Buffer.concat([start(''), times(5000, more(''))])],
];

async function open(): Promise<RawWebSocket> {
  const raw = await RawWebSocket.open(pod.port, '/api/chat-api/ws?name=Eve');
  onTestFinished(() => raw.reset());
  expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome' });
  return raw;
}

function closeCodes(frames: readonly ServerFrame[]): number[] {
  return frames.filter(({ opcode }) => opcode === CLOSE).map(({ payload }) => payload.readUInt16BE(0));
}

/** The next text that is no message: others chat meanwhile. */
async function answer(raw: RawWebSocket): Promise<{ readonly type: string; readonly data: object }> {
  for (;;) {
    const frame = JSON.parse(await raw.text()) as { type: string; data: object };
    if (frame.type === 'ack' || frame.type === 'error' || frame.type === 'pong') return frame;
  }
}

describe('a broken frame ends its connection', () => {
  it.each(faults)('%s: %i, and nothing behind it takes effect', async (name, code, bytes) => {
    const raw = await open();
    raw.write(Buffer.concat([chat(`before ${name}`), bytes, chat(`behind ${name}`)]));
    expect(closeCodes(await raw.rest())).toEqual([code]);
    const said = await pod.noticedNothing();
    expect(said).toContain(`before ${name}`);
    expect(said).not.toContain(`behind ${name}`);
  });

  it('so does its own close frame: what follows is not taken', async () => {
    const raw = await open();
    const close = frame({ opcode: CLOSE, payload: closePayload(1000) });
    raw.write(Buffer.concat([chat('before the close'), close, chat('after the close'), close]));
    expect(closeCodes(await raw.rest())).toEqual([1000]);
    const said = await pod.noticedNothing();
    expect(said).toContain('before the close');
    expect(said).not.toContain('after the close');
  });

  it('half a frame and a reset', async () => {
    const raw = await open();
    raw.write(chat('never whole').subarray(0, 12));
    raw.reset();
    expect(await pod.noticedNothing()).not.toContain('never whole');
  });
});

describe('the limit of a message', () => {
  it.each([
    ['one frame', (bytes: Buffer) => text(bytes)],
    [
      'fragments',
      (bytes: Buffer) =>
        Buffer.concat([
          frame({ opcode: TEXT, fin: false, payload: bytes.subarray(0, 40_000) }),
          frame({ opcode: PING, payload: 'between' }),
          frame({ opcode: 0, payload: bytes.subarray(40_000) }),
        ]),
    ],
  ])('65,536 bytes in %s pass', async (_, wrap) => {
    const raw = await RawWebSocket.open(pod.port, '/api/chat-api/ws?room=big');
    onTestFinished(() => raw.reset());
    const data = 'x'.repeat(65_536 - '{"room":"big","id":"big","data":""}'.length);
    raw.write(wrap(Buffer.from(`{"room":"big","id":"big","data":"${data}"}`)));
    for (;;) {
      const next = await raw.next();
      if (next === undefined || next.opcode === CLOSE) throw new Error('the message was refused');
      if (next.payload.includes('"re":"big"')) {
        expect(JSON.parse(next.payload.toString())).toMatchObject({ type: 'ack' });
        return;
      }
    }
  });

  it('65,536 bytes of whole characters pass too', async () => {
    const raw = await open();
    const bytes = Buffer.from(`{"type":"ping","data":"${'ä'.repeat(32_755)}"} `);
    expect(bytes.length).toBe(65_536);
    raw.write(text(bytes));
    expect((await answer(raw)).type).toBe('pong');
  });
});

describe('who floods', () => {
  it('with pings, gets few pongs and no close', async () => {
    const raw = await open();
    raw.write(times(10_000, frame({ opcode: PING, payload: 'x' })));
    raw.write(text('{"type":"ping"}'));
    let pongs = 0;
    for (;;) {
      const next = await raw.next();
      if (next === undefined || next.opcode === CLOSE) throw new Error('the flood was closed');
      if (next.payload.toString() === '{"type":"pong"}') break;
      pongs += next.payload.toString() === 'x' ? 1 : 0;
    }
    expect(pongs).toBeLessThan(1000);
  });

  it('with messages and reads nothing, does not hold up the others', async () => {
    const raw = await RawWebSocket.open(pod.port, '/api/chat-api/ws?room=deaf');
    onTestFinished(() => raw.reset());
    raw.socket.pause();
    const message = text(JSON.stringify({ room: 'deaf', data: 'x'.repeat(60_000) }));
    for (let n = 0; n < 100; n++) raw.write(message);
    await pod.noticedNothing();
    await pod.noticedNothing();
  });
});
