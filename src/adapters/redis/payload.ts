import type { Frame } from '../../ports/frame.js';

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
export interface Payload extends Arrival {
  readonly seal: string;
  readonly origin: string;
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
 * Encodes frames that have no offsets. Those that have are put together by the publish script, in the same form.
 *
 * @param count how many payloads the pod has sent, this one included
 */
export function encodePayload(seal: string, origin: string, count: number, frames: readonly Frame[]): Buffer {
  const header = Buffer.alloc(FIXED + 4 * frames.length);
  header[0] = VERSION;
  header.write(seal, AT.seal, 'latin1');
  header.write(origin, AT.origin, 'latin1');
  header.write(String(count).padStart(ID_LENGTH, '0'), AT.epoch, 'latin1');
  header.writeUInt16BE(frames.length, AT.count);
  for (const [index, frame] of frames.entries()) header.writeUInt32BE(frame.length, FIXED + 4 * index);
  return Buffer.concat([header, ...frames]);
}

/** Decodes a payload without copying the frames; `undefined` for anything that no pod has sent. */
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
      return framesOf(bytes, count);
    },
  };
}

function isWhole(bytes: Buffer, count: number): boolean {
  let end = FIXED + 4 * count;
  if (end > bytes.length) return false;
  for (let index = 0; index < count; index++) end += bytes.readUInt32BE(FIXED + 4 * index);
  return end === bytes.length;
}

function framesOf(bytes: Buffer, count: number): Frame[] {
  const frames: Frame[] = [];
  let at = FIXED + 4 * count;
  for (let index = 0; index < count; index++) {
    const end = at + bytes.readUInt32BE(FIXED + 4 * index);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
