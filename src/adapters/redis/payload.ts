import type { Frame } from '../../ports/frame.js';
import { tight } from '../node/tight.js';

/** Messages as they come from another pod, or from this pod's own call. */
export interface Arrival {
  readonly epoch: string;
  readonly first: number;
  /** How many frames there are. */
  readonly count: number;
  /** Made when it is asked for: half of what arrives is known already, as a pod hears its own messages too. */
  readonly frames: readonly Frame[];
}

/**
 * What pods say to each other on a pub/sub channel: a header, then the frames as clients get them. All integers are
 * big-endian and unsigned.
 *
 * | bytes     |                                                          |
 * |-----------|----------------------------------------------------------|
 * | 1         | version: 1                                               |
 * | 16        | seal: of the run of Redis that it was sent in, ASCII     |
 * | 16        | origin: the id of the pod that published, ASCII          |
 * | 16        | epoch, ASCII; where there are no offsets, the pod's own  |
 * |           | count of payloads, in 16 decimal digits                  |
 * | 8         | offset of the first frame, 0 where there are no offsets  |
 * | 2         | number of frames, at least 1                             |
 * | 4 a frame | length of each frame                                     |
 * | the rest  | the frames, one behind the other                         |
 */
export interface Payload extends Arrival, Place {}

/** Who sent a payload, and where in the log it belongs. */
export interface Place {
  readonly seal: string;
  readonly origin: string;
  readonly epoch: string;
  readonly first: number;
}

const VERSION = 1;
/** Length of a seal, of a pod's id and of an epoch. */
export const ID_LENGTH = 16;
const FIXED = 1 + 3 * ID_LENGTH + 8 + 2;
/** The header's fields by offset. */
const AT = {
  seal: 1,
  origin: 1 + ID_LENGTH,
  epoch: 1 + 2 * ID_LENGTH,
  first: 1 + 3 * ID_LENGTH,
  count: 9 + 3 * ID_LENGTH,
};

/**
 * Encodes frames that have no offsets.
 *
 * @param count how many payloads the pod has sent, this one included
 */
export function encodePayload(seal: string, origin: string, count: number, frames: readonly Frame[]): Buffer {
  const header = Buffer.allocUnsafe(headerLength(frames.length));
  const epoch = String(count).padStart(ID_LENGTH, '0');
  const lengths = frames.map(({ length }) => length);
  writeHeader(header, { seal, origin, epoch, first: 0 }, lengths);
  return Buffer.concat([header, ...frames]);
}

/** What stands before so many frames, in bytes. */
export function headerLength(frames: number): number {
  return FIXED + 4 * frames;
}

/** Writes all that stands before frames of these lengths. */
export function writeHeader(payload: Buffer, { seal, origin, epoch, first }: Place, lengths: readonly number[]): void {
  payload[0] = VERSION;
  payload.write(seal, AT.seal, ID_LENGTH, 'latin1');
  payload.write(origin, AT.origin, ID_LENGTH, 'latin1');
  payload.write(epoch, AT.epoch, ID_LENGTH, 'latin1');
  payload.writeBigUInt64BE(BigInt(first), AT.first);
  payload.writeUInt16BE(lengths.length, AT.count);
  for (const [index, length] of lengths.entries()) payload.writeUInt32BE(length, FIXED + 4 * index);
}

/** Decodes a payload, and copies its frames only if they would keep much else in memory; `undefined` for anything that no pod has sent. */
export function decodePayload(bytes: Buffer): Payload | undefined {
  if (bytes.length < FIXED || bytes[0] !== VERSION) return undefined;
  const first = Number(bytes.readBigUInt64BE(AT.first));
  const count = bytes.readUInt16BE(AT.count);
  if (count === 0 || !Number.isSafeInteger(first) || !isWhole(bytes, count)) return undefined;
  return {
    seal: bytes.toString('latin1', AT.seal, AT.origin),
    origin: bytes.toString('latin1', AT.origin, AT.epoch),
    epoch: bytes.toString('latin1', AT.epoch, AT.first),
    first,
    count,
    get frames() {
      return framesOf(tight(bytes), count);
    },
  };
}

function isWhole(bytes: Buffer, count: number): boolean {
  let end = headerLength(count);
  if (end > bytes.length) return false;
  for (let index = 0; index < count; index++) end += bytes.readUInt32BE(FIXED + 4 * index);
  return end === bytes.length;
}

/** The frames of a whole payload, which has so many. */
export function framesOf(bytes: Buffer, count: number): Frame[] {
  const frames: Frame[] = [];
  let at = headerLength(count);
  for (let index = 0; index < count; index++) {
    const end = at + bytes.readUInt32BE(FIXED + 4 * index);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
