import { chat, contentOf, say, type WireCase } from '../../support/conformance.js';
import { BINARY, CLOSE, PING, PONG, TEXT, frame } from '../../support/raw-websocket.js';

const text = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, payload });
const sized = (length: number): Buffer => chat(contentOf(length));

const taken = [64, 124, 125, 126, 127, 128, 129, 255, 256, 1000, 4096, 32_767, 32_768, 65_534, 65_535, 65_536];

const lengths: readonly WireCase[] = [
  { name: '5.2 an empty text', bytes: text(''), outcome: { errors: ['bad_json'] } },
  { name: '5.2 a text of a byte', bytes: text('1'), outcome: { errors: ['bad_request'] } },
  ...taken.map((length) => ({
    name: `5.2 a text of ${length} bytes`,
    bytes: text(sized(length)),
    outcome: { said: [contentOf(length)] },
  })),
  ...[65_537, 65_600, 200_000].map((length) => ({
    name: `10.4 a text of ${length} bytes, above the limit`,
    bytes: Buffer.concat([say('before'), text(sized(length))]),
    outcome: { said: ['before'], closed: 1009 },
  })),
  {
    name: '10.4 a text of 65,536 bytes, two for each character',
    bytes: text(chat('ä'.repeat(contentOf(65_536).length / 2))),
    outcome: { said: ['ä'.repeat(contentOf(65_536).length / 2)] },
  },
  {
    name: '10.4 a length that only its bytes exceed: half of each character',
    bytes: text(`{"data":"${'ä'.repeat(32_763)}"}`),
    outcome: { closed: 1009 },
  },
];

/** Only the head and the mask: the length alone must be enough to refuse it. */
const claimed = (hex: string): Buffer => Buffer.from(`81ff${hex}01020304`, 'hex');

const claims: readonly WireCase[] = [
  ['2^63: the highest bit must be 0', '8000000000000000'],
  ['2^64 - 1', 'ffffffffffffffff'],
  ['2^63 - 1', '7fffffffffffffff'],
  ['2^53', '0020000000000000'],
  ['2^53 - 1', '001fffffffffffff'],
  ['2^32', '0000000100000000'],
  ['2^31', '0000000080000000'],
  ['65,537', '0000000000010001'],
].map(([name, hex = '']) => ({
  name: `5.2 a length of ${name}`,
  bytes: claimed(hex),
  outcome: { closed: 1009 },
}));

/** A client must not send these (5.2); what a server does then is not said. They are taken, and nothing gets out of step. */
const longLengths: readonly WireCase[] = (
  [
    [2, 37],
    [2, 125],
    [8, 37],
    [8, 125],
    [8, 126],
    [8, 127],
    [8, 65_535],
  ] as const
).map(([lengthBytes, length]) => ({
  name: `5.2 a length of ${length} in ${lengthBytes} bytes`,
  bytes: Buffer.concat([frame({ opcode: TEXT, payload: sized(length), lengthBytes }), say('behind it')]),
  outcome: { said: [contentOf(length), 'behind it'] },
}));

const longControls: readonly WireCase[] = [CLOSE, PING, PONG].flatMap((opcode) =>
  ([2, 8] as const).map((lengthBytes) => ({
    name: `5.5 opcode ${opcode} with a length in ${lengthBytes} bytes`,
    bytes: frame({ opcode, payload: Buffer.from([3, 232]), lengthBytes }),
    outcome: { closed: 1002 },
  })),
);

const reservedBits: readonly WireCase[] = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) =>
  [TEXT, BINARY, CLOSE, PING, PONG].map((opcode) => ({
    name: `5.2 reserved bits ${rsv} on opcode ${opcode}`,
    bytes: Buffer.concat([say('before'), frame({ opcode, rsv, payload: opcode === TEXT ? chat('no') : '' })]),
    outcome: { said: ['before'], closed: 1002 },
  })),
);

const reservedOpcodes: readonly WireCase[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { name: `5.2 opcode ${opcode}`, bytes: frame({ opcode }), outcome: { closed: 1002 } },
  {
    name: `5.2 opcode ${opcode} behind a message, with a payload`,
    bytes: Buffer.concat([say('before'), frame({ opcode, payload: chat('no') })]),
    outcome: { said: ['before'], closed: 1002 },
  },
  {
    name: `5.4 opcode ${opcode} between fragments`,
    bytes: Buffer.concat([
      frame({ opcode: TEXT, fin: false, payload: chat('no').subarray(0, 9) }),
      frame({ opcode, payload: 'x' }),
      frame({ opcode: 0, payload: chat('no').subarray(9) }),
    ]),
    outcome: { closed: 1002 },
  },
]);

const unmasked: readonly WireCase[] = [TEXT, BINARY, CLOSE, PING, PONG].flatMap((opcode) =>
  ['', opcode === CLOSE ? '\u0003\u00e8' : '{}'].map((payload) => ({
    name: `5.1 opcode ${opcode} without a mask, ${payload === '' ? 'empty' : 'with a payload'}`,
    bytes: Buffer.concat([say('before'), frame({ opcode, masked: false, payload: Buffer.from(payload, 'latin1') })]),
    outcome: { said: ['before'], closed: 1002 },
  })),
);

const allBytes = Array.from({ length: 64 }, (_, n) => Buffer.from([4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3]));
const masks: readonly (readonly [name: string, mask: Buffer])[] = [
  ['nothing but zeros', Buffer.alloc(4)],
  ['nothing but ones', Buffer.alloc(4, 0xff)],
  ['one byte of four', Buffer.from([0, 0, 0x55, 0])],
  ['the text itself', chat('').subarray(0, 4)],
];

const masked: readonly WireCase[] = [
  ...masks.map(([name, mask]) => ({
    name: `5.3 a mask of ${name}`,
    bytes: frame({ opcode: TEXT, payload: chat('Grüße 👋'), mask }),
    outcome: { said: ['Grüße 👋'] },
  })),
  {
    name: '5.3 masks of all bytes, another for each frame',
    bytes: Buffer.concat(allBytes.map((mask, n) => frame({ opcode: TEXT, payload: chat(`mask ${n}`), mask }))),
    outcome: { said: allBytes.map((_, n) => `mask ${n}`) },
  },
];

const binary: readonly WireCase[] = ['', '{"data":1}', '\0\xff'].map((payload) => ({
  name: `5.6 a binary frame of ${payload.length} bytes`,
  bytes: Buffer.concat([say('before'), frame({ opcode: BINARY, payload })]),
  outcome: { said: ['before'], closed: 1003 },
}));

/** Framing (5.1 to 5.3, 5.6) and its limits (10.4). */
export const framing: readonly WireCase[] = [
  ...lengths,
  ...claims,
  ...longLengths,
  ...longControls,
  ...reservedBits,
  ...reservedOpcodes,
  ...unmasked,
  ...masked,
  ...binary,
];
