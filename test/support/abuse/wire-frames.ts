import * as fc from 'fast-check';
import { closePayload, frame } from '../raw-websocket.js';

/** Bytes as a client may send them, and how they are cut into writes. */
export interface WireInput {
  /** In base64url, so that a failure's report is short and can be pasted. */
  readonly bytes: string;
  /** Where the writes end; none: one write. */
  readonly cuts: readonly number[];
}

const MASK = Buffer.from([1, 2, 3, 4]);

const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .constantFrom('', '{}', '{"type":"ping"}', '{"type":"history"}', '{"room":"home","data":1}', '{', 'ä😀', '\u0000')
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom([0xc3], [0xed, 0xa0, 0x80], [0xff], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80])
    .map((b) => Buffer.from(b)),
  fc.uint8Array({ maxLength: 140 }),
  fc
    .constantFrom(0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1015, 2999, 3000, 4999, 5000, 65_535)
    .map((code) => closePayload(code, 'bye')),
  fc.constantFrom(125, 126, 127, 65_535, 65_536, 65_537).map((size) => Buffer.alloc(size, 0x20)),
);

/** How the length is said: as it should be, in too many bytes, or untruly. */
const length = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('16', '64') },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
);

const spec = fc.record({
  opcode: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 1, 8, 9, 10) }, { weight: 1, arbitrary: fc.nat(15) }),
  fin: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  rsv: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
  masked: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  payload,
  length,
});

function bytesOf({ length: said, ...rest }: typeof spec extends fc.Arbitrary<infer T> ? T : never): Buffer {
  if (said === undefined) return frame(rest);
  const head = Buffer.alloc(said === '16' ? 4 : 10);
  head[0] = (rest.fin ? 0x80 : 0) | (rest.rsv << 4) | rest.opcode;
  head[1] = (rest.masked ? 0x80 : 0) | (said === '16' ? 126 : 127);
  if (said === '16') head.writeUInt16BE(rest.payload.length & 0xffff, 2);
  else head.writeBigUInt64BE(said === '64' ? BigInt(rest.payload.length) : said, 2);
  return Buffer.concat([
    head,
    rest.masked ? MASK : Buffer.alloc(0),
    rest.payload.map((b, at) => b ^ (MASK[at % 4] ?? 0)),
  ]);
}

const damage = fc.record({ at: fc.nat(400), kind: fc.constantFrom('flip', 'drop', 'insert'), value: fc.nat(255) });

function damaged(bytes: Buffer, { at, kind, value }: typeof damage extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const index = at % Math.max(1, bytes.length);
  const [front, behind] = [bytes.subarray(0, index), bytes.subarray(index + (kind === 'insert' ? 0 : 1))];
  if (kind === 'drop') return Buffer.concat([front, behind]);
  return Buffer.concat([front, Buffer.from([kind === 'flip' ? (bytes[index] ?? 0) ^ (value || 1) : value]), behind]);
}

/** Frames of a client that has its own idea of RFC 6455. */
export const wireInput: fc.Arbitrary<WireInput> = fc.record({
  bytes: fc
    .tuple(fc.array(spec, { minLength: 1, maxLength: 6 }), fc.array(damage, { maxLength: 2 }))
    .map(([specs, damages]) => damages.reduce(damaged, Buffer.concat(specs.map(bytesOf))).toString('base64url')),
  cuts: fc.array(fc.nat(200), { maxLength: 3 }),
});

/**
 * How many bytes are missing to the end of the last frame. Frames that are too long count as whole: nobody waits for
 * the rest of them.
 */
export function missingBytes(bytes: Uint8Array, maxPayload = 65_536): number {
  const view = Buffer.from(bytes);
  let at = 0;
  while (at < view.length) {
    if (view.length < at + 2) return at + 2 - view.length;
    const second = view.readUInt8(at + 1);
    const short = second & 0x7f;
    const head = (short < 126 ? 2 : short === 126 ? 4 : 10) + (second & 0x80 ? 4 : 0);
    if (view.length < at + head) return at + head - view.length;
    const size = short < 126 ? short : short === 126 ? view.readUInt16BE(at + 2) : Number(view.readBigUInt64BE(at + 2));
    if (size > maxPayload) return 0;
    at += head + size;
  }
  return at - view.length;
}
