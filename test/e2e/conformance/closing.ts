import { chat, say, type WireCase } from '../../support/conformance.js';
import { CLOSE, PING, PONG, TEXT, closePayload, frame } from '../../support/raw-websocket.js';

const close = (payload: string | Uint8Array = ''): Buffer => frame({ opcode: CLOSE, payload });
const behind = (bytes: Uint8Array): Buffer => Buffer.concat([say('before'), bytes]);

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const invalidCodes = [
  0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 10_000, 32_768, 65_535,
];

const reasons: readonly (readonly [name: string, reason: string])[] = [
  ['of a character', 'x'],
  ['of 122 bytes', 'x'.repeat(122)],
  ['of 123 bytes', 'x'.repeat(123)],
  ['of 123 bytes in characters of three', '€'.repeat(41)],
  ['with a zero byte', 'a\0b'],
  ['beyond ASCII', 'tschüß 👋'],
];

const invalidReasons = ['80', 'c328', 'eda080', 'f4908080', 'c0af', 'e282', 'ff'];

/** How a connection ends (5.5.1, 7.1, 7.4): in all these cases a message follows that must not be taken. */
export const closing: readonly WireCase[] = [
  { name: '5.5.1 a close of nothing', bytes: behind(close()), outcome: { said: ['before'], closed: Buffer.alloc(0) } },
  { name: '5.5.1 a close of a byte', bytes: behind(close('x')), outcome: { said: ['before'], closed: 1002 } },
  ...validCodes.map((code) => ({
    name: `7.4 a close with ${code}`,
    bytes: behind(close(closePayload(code))),
    outcome: { said: ['before'], closed: closePayload(code) },
  })),
  ...invalidCodes.flatMap((code) =>
    ['', 'why'].map((reason) => ({
      name: `7.4 a close with ${code}${reason === '' ? '' : ' and a reason'}`,
      bytes: behind(close(closePayload(code, reason))),
      outcome: { said: ['before'], closed: 1002 },
    })),
  ),
  ...reasons.map(([name, reason]) => ({
    name: `7.1.6 a close with a reason ${name}`,
    bytes: close(closePayload(4321, reason)),
    outcome: { closed: closePayload(4321, reason) },
  })),
  ...invalidReasons.map((hex) => ({
    name: `8.1 a close with a reason that is no UTF-8: ${hex}`,
    bytes: close(closePayload(1000, Buffer.from(hex, 'hex'))),
    outcome: { closed: 1007 },
  })),
  {
    name: '5.5 a close with a reason of 124 bytes',
    bytes: close(closePayload(1000, 'x'.repeat(124))),
    outcome: { closed: 1002 },
  },
  {
    name: '5.5.1 a second close is ignored',
    bytes: Buffer.concat([close(closePayload(1000)), close(closePayload(4000))]),
    outcome: { closed: closePayload(1000) },
  },
  {
    name: '5.5.2 a ping behind a close is not answered',
    bytes: Buffer.concat([close(closePayload(1000)), frame({ opcode: PING, payload: 'late' })]),
    outcome: { closed: closePayload(1000) },
  },
  {
    name: '5.5.1 a pong behind a close is ignored',
    bytes: Buffer.concat([close(), frame({ opcode: PONG })]),
    outcome: { closed: Buffer.alloc(0) },
  },
  {
    name: '5.5.1 nonsense behind a close is ignored',
    bytes: Buffer.concat([close(closePayload(1000)), Buffer.alloc(64, 0xff)]),
    outcome: { closed: closePayload(1000) },
  },
  {
    name: '5.5.1 64 KiB behind a close are ignored',
    bytes: Buffer.concat([close(closePayload(1000)), frame({ opcode: TEXT, payload: chat('x'.repeat(65_000)) })]),
    outcome: { closed: closePayload(1000) },
  },
  {
    name: '7.1.7 nonsense behind nonsense: the first is answered',
    bytes: Buffer.concat([frame({ opcode: 3 }), frame({ opcode: TEXT, payload: Buffer.from([0xff]) }), close()]),
    outcome: { closed: 1002 },
  },
];
