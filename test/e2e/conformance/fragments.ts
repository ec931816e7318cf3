import { chat, contentOf, say, type WireCase } from '../../support/conformance.js';
import { BINARY, CLOSE, PING, PONG, TEXT, closePayload, frame } from '../../support/raw-websocket.js';

const start = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, fin: false, payload });
const more = (payload: string | Uint8Array): Buffer => frame({ opcode: 0, fin: false, payload });
const last = (payload: string | Uint8Array): Buffer => frame({ opcode: 0, payload });
const ping = (payload: string): Buffer => frame({ opcode: PING, payload });
const pong = (payload: string): Buffer => frame({ opcode: PONG, payload });
const join = (...frames: readonly Uint8Array[]): Buffer => Buffer.concat(frames);

/** A message in fragments of so many bytes, with something behind each but the last. */
export function fragmented(bytes: Uint8Array, size: number, between: Uint8Array = Buffer.alloc(0)): Buffer {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const fin = at + size >= bytes.length;
    frames.push(frame({ opcode: at === 0 ? TEXT : 0, fin, payload: bytes.subarray(at, at + size) }));
    if (!fin) frames.push(between);
  }
  return join(...frames);
}

const content = 'κόσμε in pieces';
const message = chat(content);
const [head, tail] = [message.subarray(0, 30), message.subarray(30)];

const whole: readonly (readonly [name: string, bytes: Buffer, pings?: readonly string[]])[] = [
  ...[2, 3, 4, 5, 8, 16].map(
    (count) => [`in ${count} fragments`, fragmented(message, Math.ceil(message.length / count))] as const,
  ),
  ['in fragments of a byte', fragmented(message, 1)],
  ['with an empty fragment first', join(start(''), last(message))],
  ['with an empty fragment last', join(start(message), last(''))],
  ['with an empty fragment in the middle', join(start(head), more(''), last(tail))],
  ['with many empty fragments', join(start(''), more(''), more(head), more(''), more(''), more(tail), last(''))],
  ['with a ping in the middle', join(start(head), ping('p'), last(tail)), ['p']],
  ['with an empty ping in the middle', join(start(head), ping(''), last(tail)), ['']],
  ['with a pong in the middle', join(start(head), pong('p'), last(tail))],
  ['with several pings in the middle', join(start(head), ping('1'), ping('2'), ping('3'), last(tail)), ['1', '2', '3']],
  ['with a ping behind each of 9 fragments', fragmented(message, 6, ping('each')), Array(9).fill('each')],
  ['with pongs of 125 bytes in between', fragmented(message, 9, pong('x'.repeat(125)))],
  ['in 1,024 fragments: as many as are allowed', join(start(message), ...Array(1022).fill(more('')), last(''))],
];

const broken: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
  ['a continuation of nothing', 1002, last(message)],
  ['an empty continuation of nothing', 1002, last('')],
  ['a continuation of nothing, to be continued', 1002, join(more(head), last(tail))],
  ['a continuation behind a whole message and a pong', 1002, join(pong(''), last(tail))],
  ['a text within a text', 1002, join(start(head), frame({ opcode: TEXT, payload: message }))],
  ['the start of a text within a text', 1002, join(start(head), start(tail), last(''))],
  ['a binary within a text', 1002, join(start(head), frame({ opcode: BINARY, payload: tail }))],
  ['an empty text within a text', 1002, join(start(head), frame({ opcode: TEXT }))],
  [
    'a text within a binary',
    1002,
    join(frame({ opcode: BINARY, fin: false }), frame({ opcode: TEXT, payload: message })),
  ],
  ['a binary in fragments', 1003, join(frame({ opcode: BINARY, fin: false, payload: head }), last(tail))],
  ['reserved bit 4 on a continuation', 1002, join(start(head), frame({ opcode: 0, rsv: 4, payload: tail }))],
  ['reserved bit 1 on a continuation', 1002, join(start(head), frame({ opcode: 0, rsv: 1, payload: tail }))],
  ['a continuation without a mask', 1002, join(start(head), frame({ opcode: 0, masked: false, payload: tail }))],
  ['fragments of a byte without end', 1008, join(start('{'), ...Array(5000).fill(more(' ')))],
  ['empty fragments without end', 1008, join(start(''), ...Array(5000).fill(more('')))],
  ['1,025 fragments: one too many', 1008, join(start(message), ...Array(1023).fill(more('')), last(''))],
];

const controls: readonly WireCase[] = [PING, PONG, CLOSE].flatMap((opcode) => [
  {
    name: `5.5 opcode ${opcode} in fragments`,
    bytes: join(frame({ opcode, fin: false, payload: closePayload(1000) }), last('')),
    outcome: { closed: 1002 },
  },
  {
    name: `5.5 opcode ${opcode} in fragments between fragments`,
    bytes: join(start(head), frame({ opcode, fin: false }), last(tail)),
    outcome: { closed: 1002 },
  },
]);

const big = chat(contentOf(65_536));

const limits: readonly WireCase[] = [
  ...[65_535, 40_000, 65, 64].map((size) => ({
    name: `10.4 65,536 bytes in fragments of ${size}`,
    bytes: fragmented(big, size, size > 1000 ? ping('between') : undefined),
    outcome: { said: [contentOf(65_536)], ...(size > 1000 && { pings: [Buffer.from('between')] }) },
  })),
  ...[65_536, 65_000, 100].map((size) => ({
    name: `10.4 65,537 bytes in fragments of ${size}`,
    bytes: fragmented(chat(contentOf(65_537)), size),
    outcome: { closed: 1009 },
  })),
];

/** Fragmentation (5.4), with control frames in between (5.5). */
export const fragments: readonly WireCase[] = [
  ...whole.map(([name, bytes, pings = []]) => ({
    name: `5.4 a text ${name}`,
    bytes,
    outcome: { said: [content], pings: pings.map((payload) => Buffer.from(payload)) },
  })),
  {
    name: '5.4 an empty text in three fragments',
    bytes: join(start(''), more(''), last('')),
    outcome: { errors: ['bad_json'] },
  },
  {
    name: '5.4 texts in fragments and whole ones by turns',
    bytes: join(fragmented(chat('1'), 7), say('2'), fragmented(chat('3'), 20), fragmented(chat('4'), 3), say('5')),
    outcome: { said: ['1', '2', '3', '4', '5'] },
  },
  {
    name: '5.5.1 a close between fragments: the text is not taken',
    bytes: join(say('before'), start(head), frame({ opcode: CLOSE, payload: closePayload(1000) }), last(tail)),
    outcome: { said: ['before'], closed: closePayload(1000) },
  },
  ...broken.map(([name, closed, bytes]) => ({
    name: `5.4 ${name}`,
    bytes: join(say('before'), bytes),
    outcome: { said: ['before'], closed },
  })),
  ...controls,
  ...limits,
];
