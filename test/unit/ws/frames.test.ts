import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EchoChat } from '../../support/echo-chat.js';
import {
  BINARY,
  CLOSE,
  PING,
  PONG,
  RawWebSocket,
  type ServerFrame,
  TEXT,
  closePayload,
  frame,
} from '../../support/raw-websocket.js';
import { PATH, startWs } from '../../support/ws-harness.js';

const WELCOME = '{"type":"welcome"}';
const text = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, payload });
const start = (payload: string): Buffer => frame({ opcode: TEXT, fin: false, payload });
const more = (payload: string): Buffer => frame({ opcode: 0, fin: false, payload });
const last = (payload: string): Buffer => frame({ opcode: 0, payload });
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));

const faults: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
  ['invalid UTF-8', 1007, text(Buffer.from([0x7b, 0xc3, 0x28]))],
  ['an overlong encoding', 1007, text(Buffer.from([0xc0, 0xaf]))],
  ['a surrogate in UTF-8', 1007, text(Buffer.from([0xed, 0xa0, 0x80]))],
  ['text cut within a character', 1007, text(Buffer.from('€').subarray(0, 2))],
  ...[1, 2, 4].map((rsv) => [`reserved bit ${rsv}`, 1002, frame({ opcode: TEXT, rsv, payload: 'x' })] as const),
  ['an unmasked frame', 1002, frame({ opcode: TEXT, masked: false, payload: 'x' })],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((code) => [`opcode ${code}`, 1002, frame({ opcode: code })] as const),
  ['a ping of 126 bytes', 1002, frame({ opcode: PING, payload: 'x'.repeat(126) })],
  ['a close of 126 bytes', 1002, frame({ opcode: CLOSE, payload: closePayload(1000, 'x'.repeat(124)) })],
  ['a fragmented ping', 1002, frame({ opcode: PING, fin: false })],
  ['a fragmented close', 1002, frame({ opcode: CLOSE, fin: false, payload: closePayload(1000) })],
  ['a continuation without a start', 1002, last('x')],
  ['a text within a text', 1002, Buffer.concat([start('x'), text('y')])],
  ['a close of one byte', 1002, frame({ opcode: CLOSE, payload: 'x' })],
  ...[0, 999, 1005, 1006, 1015, 2999, 5000].map(
    (code) => [`close code ${code}`, 1002, frame({ opcode: CLOSE, payload: closePayload(code) })] as const,
  ),
  ['a close reason of invalid UTF-8', 1007, frame({ opcode: CLOSE, payload: closePayload(1000, Buffer.from([0xff])) })],
  ['a binary frame', 1003, frame({ opcode: BINARY, payload: 'x' })],
  [
    'a fragmented binary message',
    1003,
    Buffer.concat([frame({ opcode: BINARY, fin: false, payload: 'x' }), last('y')]),
  ],
  ['a text of 65,537 bytes', 1009, text('x'.repeat(65_537))],
  ['a length of 65,537 without a byte of it', 1009, text('x'.repeat(65_537)).subarray(0, 14)],
  ['a length of 2^63', 1009, Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  ['fragments of 65,537 bytes together', 1009, Buffer.concat([start('x'.repeat(65_000)), last('x'.repeat(537))])],
  ['endless fragments of a byte', 1008, Buffer.concat([start('x'), times(5000, more('x'))])],
  ['endless empty fragments', 1008, Buffer.concat([start(''), times(5000, more(''))])],
];

for (const directWrites of [true, false]) {
  describe(directWrites ? 'frames, bytes made once' : 'frames, one by one', () => {
    const chat = new EchoChat();
    let running: Awaited<ReturnType<typeof startWs>>;
    let good: RawWebSocket;
    let said = 0;

    const open = async (behind?: Uint8Array): Promise<RawWebSocket> => {
      const raw = await RawWebSocket.open(running.port, PATH, behind);
      expect(await raw.text()).toBe(WELCOME);
      return raw;
    };
    /** A client that does everything right still gets its answers. */
    const goodChats = async (): Promise<void> => {
      said += 1;
      good.write(text(`good ${said}`));
      expect(await good.text()).toBe(`good ${said}`);
    };

    beforeAll(async () => {
      running = await startWs(chat, { directWrites, closeTimeoutMs: 100 });
      good = await open();
    });
    afterAll(async () => {
      await running.stop();
      expect(chat.breaches).toEqual([]);
      expect(chat.sessions.every(({ closes }) => closes === 1)).toBe(true);
    });

    it.each(faults)('%s closes with %i, after the answers to what came before', async (_, code, bytes) => {
      const bad = await open();
      const session = chat.sessions.at(-1);
      bad.write(Buffer.concat([text('before'), bytes, text('behind')]));
      await goodChats();
      const frames = await bad.rest();
      expect(frames.map(({ opcode }) => opcode)).toEqual([TEXT, CLOSE]);
      expect(frames[0]?.payload.toString()).toBe('before');
      expect(codeOf(frames[1])).toBe(code);
      bad.socket.destroy();
      await chat.until(() => session?.closes === 1, 'closed()');
      expect(session?.texts).toEqual(['before']);
      await goodChats();
    });

    it('takes a text byte by byte', async () => {
      const slow = await open();
      for (const byte of text('{"data":"ä€😀"}')) {
        slow.write(Uint8Array.of(byte));
        await turn();
      }
      expect(await slow.text()).toBe('{"data":"ä€😀"}');
      slow.socket.destroy();
      await goodChats();
    });

    it('takes a text in fragments with pings between them, cut within a character', async () => {
      const raw = await open();
      const bytes = Buffer.from('€uro');
      const parts = [
        frame({ opcode: TEXT, fin: false, payload: bytes.subarray(0, 1) }),
        frame({ opcode: PING, payload: 'now?' }),
        frame({ opcode: 0, fin: false, payload: bytes.subarray(1, 2) }),
        frame({ opcode: 0, payload: bytes.subarray(2) }),
      ];
      raw.write(Buffer.concat(parts));
      const frames = [await raw.next(), await raw.next()];
      expect(frames.find((each) => each?.opcode === TEXT)?.payload.toString()).toBe('€uro');
      expect(frames.find((each) => each?.opcode === PONG)?.payload.toString()).toBe('now?');
      // One pong a ping.
      for (const each of ['a', 'b']) {
        raw.write(text(each));
        expect(await raw.text()).toBe(each);
      }
      raw.socket.destroy();
    });

    it('takes nothing after a close frame, and answers it with its code', async () => {
      const raw = await open();
      const session = chat.sessions.at(-1);
      const close = frame({ opcode: CLOSE, payload: closePayload(4321, 'bye') });
      raw.write(Buffer.concat([text('before'), close, text('after'), close]));
      const frames = await raw.rest();
      expect(frames.map(({ opcode }) => opcode)).toEqual([TEXT, CLOSE]);
      expect(codeOf(frames[1])).toBe(4321);
      raw.socket.destroy();
      await chat.until(() => session?.closes === 1, 'closed()');
      expect(session?.texts).toEqual(['before']);
    });

    it('answers an empty close frame with an empty one', async () => {
      const raw = await open();
      raw.write(frame({ opcode: CLOSE }));
      expect(await raw.rest()).toEqual([{ opcode: CLOSE, payload: Buffer.alloc(0) }]);
      raw.socket.destroy();
    });

    it('answers a flood of pings with few pongs, the last of them for the last ping', async () => {
      const raw = await open();
      const pings = Array.from({ length: 20_000 }, (_, n) => frame({ opcode: PING, payload: String(n) }));
      raw.write(Buffer.concat([...pings, text('through')]));
      const seen: ServerFrame[] = [];
      while (seen.at(-1)?.payload.toString() !== '19999') {
        const next = await raw.next();
        if (next === undefined) throw new Error('the flood ended the connection');
        if (next.opcode === PONG) seen.push(next);
        else expect(next.payload.toString()).toBe('through');
      }
      expect(seen.length).toBeLessThan(1000);
      await goodChats();
      raw.socket.destroy();
    });

    it('survives a client that ends in the middle of a frame', async () => {
      const raw = await open();
      const session = chat.sessions.at(-1);
      raw.write(text('half of it').subarray(0, 9));
      raw.socket.end();
      await chat.until(() => session?.closes === 1, 'closed()');
      expect(session?.texts).toEqual([]);
      await goodChats();
    });

    it('survives a client that resets with bytes on their way', async () => {
      const raw = await open();
      const session = chat.sessions.at(-1);
      raw.write(times(50, text('x'.repeat(1000))));
      raw.reset();
      await chat.until(() => session?.closes === 1, 'closed()');
      await goodChats();
    });
  });
}

function codeOf(close: ServerFrame | undefined): number | undefined {
  return close?.opcode === CLOSE && close.payload.length >= 2 ? close.payload.readUInt16BE(0) : undefined;
}
