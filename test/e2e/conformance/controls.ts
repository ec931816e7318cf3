import { say, type WireCase } from '../../support/conformance.js';
import { PING, PONG, frame } from '../../support/raw-websocket.js';

const range = (first: number, count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, n) => first + n));

const payloads: readonly (readonly [name: string, payload: Buffer])[] = [
  ...[0, 1, 2, 3, 4, 5, 64, 124, 125].map((length) => [`${length} bytes`, Buffer.alloc(length, 'p')] as const),
  ['the bytes 0 to 124', range(0, 125)],
  ['the bytes 131 to 255', range(131, 125)],
  ['what is no UTF-8', Buffer.from([0xff, 0xfe, 0xc0, 0x80])],
  ['what looks like a close', Buffer.from([0x88, 0x82, 1, 2, 3, 4, 2, 0xea])],
];

const burst = Array.from({ length: 10 }, (_, n) => Buffer.from(`ping ${n}`));

/** Pings and pongs (5.5.2, 5.5.3). */
export const controls: readonly WireCase[] = [
  ...payloads.flatMap(([name, payload]) => [
    {
      name: `5.5.2 a ping of ${name}`,
      bytes: frame({ opcode: PING, payload }),
      outcome: { pings: [payload] },
    },
    {
      name: `5.5.3 a pong of ${name} that nobody asked for`,
      bytes: Buffer.concat([frame({ opcode: PONG, payload }), say('behind it')]),
      outcome: { said: ['behind it'] },
    },
  ]),
  ...[126, 127, 128, 65_535, 65_536].flatMap((length) =>
    [PING, PONG].map((opcode) => ({
      name: `5.5 opcode ${opcode} of ${length} bytes`,
      bytes: Buffer.concat([say('before'), frame({ opcode, payload: 'x'.repeat(length) })]),
      outcome: { said: ['before'], closed: 1002 },
    })),
  ),
  {
    name: '5.5.3 ten pings at once: the latest is answered',
    bytes: Buffer.concat(burst.map((payload) => frame({ opcode: PING, payload }))),
    outcome: { pings: burst },
  },
  {
    name: '5.5.3 pings, pongs and messages by turns',
    bytes: Buffer.concat(
      burst
        .slice(0, 3)
        .flatMap((payload, n) => [
          frame({ opcode: PING, payload }),
          frame({ opcode: PONG, payload }),
          say(`message ${n}`),
        ]),
    ),
    outcome: { said: ['message 0', 'message 1', 'message 2'], pings: burst.slice(0, 3) },
  },
];
