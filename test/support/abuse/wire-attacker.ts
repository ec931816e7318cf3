import { CLOSE, frame, PING, PONG, RawWebSocket } from '../raw-websocket.js';
import { within } from './scale.js';
import { missingBytes, type WireInput } from './wire-frames.js';

/** The codes that a server may close with after frames that are wrong. */
const WRONG: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009]);
const LAST = 'the last ping';

/** How a connection went on behind some bytes. */
export type Ending = 'goes on' | `closed ${number}` | 'cut';

/** Sends the bytes and a ping behind them. */
export async function endingOf(port: number, { bytes, cuts }: WireInput): Promise<Ending> {
  const raw = await within(RawWebSocket.open(port, '/api/chat-api/ws?name=Oscar'), 'an upgrade');
  try {
    for (const part of parts(whole(Buffer.from(bytes, 'base64url')), cuts)) raw.write(part);
    raw.write(frame({ opcode: PING, payload: LAST }));
    return await within(ending(raw), `a close or a pong after ${bytes.slice(0, 200)}`);
  } finally {
    raw.reset();
  }
}

export function isAllowed(ending: Ending, { bytes }: WireInput): boolean {
  if (ending === 'goes on') return true;
  const code = Number(ending.split(' ')[1]);
  // A close frame is answered with its own code.
  return WRONG.has(code) || (hasClose(Buffer.from(bytes, 'base64url')) && (code === 1005 || isSendable(code)));
}

async function ending(raw: RawWebSocket): Promise<Ending> {
  for (let next = await raw.next(); next !== undefined; next = await raw.next()) {
    if (next.opcode === PONG && next.payload.toString() === LAST) return 'goes on';
    if (next.opcode === CLOSE) return `closed ${next.payload.length < 2 ? 1005 : next.payload.readUInt16BE(0)}`;
  }
  return 'cut';
}

/** A frame that waits for its end would swallow the ping. */
function whole(bytes: Buffer): Buffer {
  let sum = bytes;
  for (let missing = missingBytes(sum); missing > 0; missing = missingBytes(sum)) {
    sum = Buffer.concat([sum, Buffer.alloc(missing)]);
  }
  return sum;
}

function parts(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, n) => bytes.subarray(n === 0 ? 0 : ends[n - 1], end)).filter((part) => part.length > 0);
}

/** Somewhere may be a close frame: bytes are not told apart more closely here. */
function hasClose(bytes: Buffer): boolean {
  return bytes.some((byte) => (byte & 0x0f) === CLOSE);
}

function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}
