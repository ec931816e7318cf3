import type { Batch } from '../../ports/frame.js';

const FIN_TEXT = 0x81;
const FIN_PONG = 0x8a;

/** An empty ping, unmasked as a server's frames are. */
export const PING: Buffer = Buffer.from([0x89, 0]);

// Keyed by identity: a batch is one object for all who get it, and dies with the last reference to it.
const made = new WeakMap<Batch, Buffer>();
// All members of a room get the same batch one after the other: most need not even look it up.
let last: { readonly batch: Batch; readonly wire: Buffer } | undefined;

/**
 * The bytes of a batch on a WebSocket: every frame with its header, one after the other. Made once per batch, so that
 * a thousand members cost one encoding.
 */
export function wireOf(batch: Batch): Buffer {
  if (last?.batch === batch) return last.wire;
  let wire = made.get(batch);
  if (wire === undefined) {
    wire = encode(batch);
    made.set(batch, wire);
  }
  last = { batch, wire };
  return wire;
}

/** A pong that answers a ping with this payload of at most 125 bytes. */
export function pong(payload: Uint8Array): Buffer {
  const wire = Buffer.allocUnsafe(2 + payload.length);
  wire[0] = FIN_PONG;
  wire[1] = payload.length;
  wire.set(payload, 2);
  return wire;
}

function encode(batch: Batch): Buffer {
  let size = 0;
  for (const frame of batch.frames) size += headerSize(frame.length) + frame.length;
  const wire = Buffer.allocUnsafe(size);
  let at = 0;
  for (const frame of batch.frames) {
    at = writeHeader(wire, at, frame.length);
    wire.set(frame, at);
    at += frame.length;
  }
  return wire;
}

function headerSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(wire: Buffer, at: number, length: number): number {
  wire[at] = FIN_TEXT;
  if (length < 126) {
    wire[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    wire[at + 1] = 126;
    return wire.writeUInt16BE(length, at + 2);
  }
  wire[at + 1] = 127;
  wire.writeUInt16BE(0, at + 2);
  return wire.writeUIntBE(length, at + 4, 6);
}
