import { setImmediate } from 'node:timers/promises';
import type { RawWebSocket } from './raw-websocket.js';

/** How bytes are cut into TCP segments. */
export type Way = 'in one piece' | 'byte by byte' | 'in random pieces';

export const ways: readonly Way[] = ['in one piece', 'byte by byte', 'in random pieces'];

/** What the random pieces are drawn from: HUBBUB_SEED repeats a run. */
export const seed = Number(process.env['HUBBUB_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let state = seed;

// A linear congruential generator: short, and the same everywhere.
function below(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (state >>> 8) % limit;
}

/** Turns of the event loop between two pieces: with fewer, the server mostly finds several in one read. */
const TURNS = 3;

/** More bytes than this are not sent one by one: it would take seconds. */
const MOST_SINGLE_BYTES = 4000;

/** Whether bytes are sent this way at all. */
export function isWayFor(bytes: Uint8Array, way: Way): boolean {
  return way !== 'byte by byte' || bytes.length <= MOST_SINGLE_BYTES;
}

/** Sends bytes, each piece in a segment of its own as far as TCP lets it. */
export async function inPieces(raw: RawWebSocket, bytes: Uint8Array, way: Way): Promise<void> {
  const most = way === 'byte by byte' ? 1 : Math.max(2, Math.ceil(bytes.length / 4));
  for (let at = 0; at < bytes.length && !raw.socket.destroyed;) {
    const size = way === 'in one piece' ? bytes.length : 1 + below(most);
    raw.write(bytes.subarray(at, at + size));
    at += size;
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
  }
}
