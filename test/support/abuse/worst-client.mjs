/*
 * One connection of an attacker, on a bare socket: it sends any bytes, reads only as much as it wants to, and counts
 * every answer by its first bytes.
 */
import { connect } from 'node:net';

const TEXT = 1;
const CLOSE = 8;
const OVER_HTTP = /^HTTP\/1\.1 (\d+)/;
/** The bytes of a frame that show what it is. Its id comes first, up to 256 bytes of UTF-8. */
const LOOK = 512;
const NOTHING = Buffer.alloc(0);

/** The bytes of a client's frame. It is masked, as it must be, but with key 0, which changes nothing. */
export function frameOf(payload, { opcode = TEXT, fin = true } = {}) {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 6 : body.length < 65_536 ? 8 : 14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (body.length < 126 ? body.length : body.length < 65_536 ? 126 : 127);
  if (head.length === 8) head.writeUInt16BE(body.length, 2);
  if (head.length === 14) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}

/** What came of one role. */
export function newTally() {
  return { opened: 0, bytes: 0, frames: 0, acks: 0, heard: 0, errors: {}, refused: {}, closed: {} };
}

function count(counts, name) {
  counts[name] = (counts[name] ?? 0) + 1;
}

export class Client {
  /** The epoch that the latest ack or welcome named. */
  epoch = '';
  #socket;
  #tally;
  #upgraded = false;
  #rest = NOTHING;
  /** Bytes that are left of a frame that was looked at. */
  #skip = 0;
  #sips = false;
  #wake = () => {};

  /** @param place where the pod is, the address to come from, what to ask for, and the token if there is one */
  constructor({ port, from, query, token }, tally) {
    this.#tally = tally;
    this.#socket = connect({ port, host: '127.0.0.1', localAddress: from });
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk) => {
      if (this.#sips) this.#socket.pause();
      this.#take(chunk);
    });
    for (const event of ['upgraded', 'drain', 'close']) this.#socket.on(event, () => this.#wake());
    const headers = ['Host: chat.example', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    if (token) headers.push(`Authorization: Bearer ${token}`);
    headers.push('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
    this.#socket.write(`GET /api/chat-api/ws?${query} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  }

  /** Whether it was let in. */
  async open() {
    while (!this.#upgraded && !this.over) await new Promise((resolve) => (this.#wake = resolve));
    return this.#upgraded && !this.over;
  }

  get over() {
    return this.#socket.destroyed;
  }

  /** Sends frames, and waits for as long as TCP makes it wait, but always for the other connections of this process. */
  async send(frames) {
    if (this.over) return;
    const bytes = Buffer.isBuffer(frames) ? frames : Buffer.concat(frames);
    this.#tally.frames += Buffer.isBuffer(frames) ? 1 : frames.length;
    this.#tally.bytes += bytes.length;
    const waits = !this.#socket.write(bytes);
    await new Promise((resolve) => {
      if (waits) this.#wake = resolve;
      else setImmediate(resolve);
    });
  }

  stopReading() {
    this.#socket.pause();
  }

  /** Reads once, and no more before it is asked to again. */
  sip() {
    this.#sips = true;
    this.#socket.resume();
  }

  /** Goes away at once. `resetAndDestroy` would wait until the pod has taken all that was sent. */
  leave() {
    this.#socket.destroy();
  }

  #take(chunk) {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end >= 0) this.#answered(OVER_HTTP.exec(bytes.toString('latin1', 0, 32))?.[1]);
      bytes = this.#upgraded ? bytes.subarray(end + 4) : bytes;
    }
    this.#rest = this.#upgraded ? Buffer.from(this.#frames(bytes)) : bytes;
  }

  #answered(status) {
    this.#upgraded = status === '101';
    if (this.#upgraded) {
      this.#tally.opened += 1;
      this.#socket.emit('upgraded');
    } else {
      count(this.#tally.refused, status);
      this.#socket.destroy();
    }
  }

  /** Counts whole frames and returns the rest. */
  #frames(bytes) {
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      at += skipped;
      this.#skip -= skipped;
      if (bytes.length - at < 2) return bytes.subarray(at);
      const short = bytes[at + 1];
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) return bytes.subarray(at);
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6);
      const looked = Math.min(length, LOOK);
      if (bytes.length - at < head + looked) return bytes.subarray(at);
      this.#count(bytes[at] & 0x0f, bytes.subarray(at + head, at + head + looked));
      this.#skip = head + length;
    }
  }

  #count(opcode, payload) {
    if (opcode === CLOSE) count(this.#tally.closed, payload.length < 2 ? 'none' : payload.readUInt16BE(0));
    if (opcode !== TEXT) return;
    const text = payload.toString('latin1');
    this.epoch = /"epoch":"([^"]+)"/.exec(text)?.[1] ?? this.epoch;
    if (text.startsWith('{"type":"ack"')) this.#tally.acks += 1;
    else if (text.startsWith('{"type":"error"')) count(this.#tally.errors, /"code":"(\w+)"/.exec(text)?.[1]);
    else this.#tally.heard += 1;
  }
}
