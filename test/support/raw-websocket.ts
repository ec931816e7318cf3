import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A WebSocket frame to be sent, right or wrong. */
export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits, as a number from 0 to 7. @default 0 */
  readonly rsv?: number;
  /** @default true */
  readonly masked?: boolean;
  /** The four bytes of the mask. */
  readonly mask?: Uint8Array;
  /** How many bytes tell the length besides the seven bits. @default as few as hold it */
  readonly lengthBytes?: 0 | 2 | 8;
}

/** A frame that came from the server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The bytes of a frame. */
export function frame(spec: FrameSpec): Buffer {
  const { opcode, payload = '', fin = true, rsv = 0, masked = true, mask = MASK } = spec;
  const data = Buffer.from(payload);
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
  const bytes = masked ? data.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : data;
  const length = lengthOf(data.length, masked, spec.lengthBytes ?? fewestBytes(data.length));
  return Buffer.concat([head, length, masked ? mask : Buffer.alloc(0), bytes]);
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** The text of an upgrade request. A header that is `undefined` is left out. */
export function upgradeRequest(
  target: string,
  changes: Readonly<Record<string, string | undefined>> = {},
  method = 'GET',
): string {
  const headers: Record<string, string | undefined> = {
    Host: 'chat.example',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A client that says what it is told to, byte by byte, and reads what comes. */
export class RawWebSocket {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #failure: string | undefined;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay();
    socket.on('data', (chunk) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error.code;
      end();
    });
  }

  /** The system's code of what ended the connection, where that was no end: `ECONNRESET`. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Connects and sends the request, with anything behind it in the same write. */
  static async send(port: number, request: string, behind: Uint8Array = Buffer.alloc(0)): Promise<RawWebSocket> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const raw = new RawWebSocket(socket);
    raw.write(Buffer.concat([Buffer.from(request), behind]));
    return raw;
  }

  /** Connects and upgrades. */
  static async open(port: number, target: string, behind?: Uint8Array): Promise<RawWebSocket> {
    const raw = await RawWebSocket.send(port, upgradeRequest(target), behind);
    const { status } = await raw.response();
    if (status !== 101) throw new Error(`the upgrade was answered ${status}`);
    return raw;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The HTTP answer, with the body that its Content-Length announces. */
  async response(): Promise<HttpResponse> {
    const end = await this.#until(() => {
      const at = this.#buffer.indexOf('\r\n\r\n');
      return at === -1 ? undefined : at;
    });
    if (end === undefined) throw new Error(`no answer, but ${JSON.stringify(this.#buffer.toString())}`);
    const [first = '', ...lines] = this.#take(end + 4)
      .toString()
      .trimEnd()
      .split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines)
      headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2);
    const length = Number(headers['content-length'] ?? 0);
    await this.#until(() => (this.#buffer.length >= length ? true : undefined));
    return { status: Number(first.split(' ')[1]), headers, body: this.#take(length).toString() };
  }

  /** The next frame, or `undefined` once the server has ended the connection. */
  async next(): Promise<ServerFrame | undefined> {
    const found = await this.#until(() => this.#parse());
    if (found === undefined) return undefined;
    this.#take(found.size);
    return { opcode: found.opcode, payload: found.payload };
  }

  /** The text of the next frame. */
  async text(): Promise<string> {
    const next = await this.next();
    if (next?.opcode !== TEXT) throw new Error(`expected a text, got ${JSON.stringify(next)}`);
    return next.payload.toString();
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<readonly ServerFrame[]> {
    const frames: ServerFrame[] = [];
    for (let next = await this.next(); next !== undefined; next = await this.next()) frames.push(next);
    return frames;
  }

  /** Resolves when the server has ended its half or reset the connection. */
  async ended(): Promise<void> {
    await this.#until((): true | undefined => undefined);
  }

  /** Goes away with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #until<T>(find: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const found = find();
      if (found !== undefined || this.#ended) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(size: number): Buffer {
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return taken;
  }

  #parse(): { readonly opcode: number; readonly payload: Buffer; readonly size: number } | undefined {
    const bytes = this.#buffer;
    if (bytes.length < 2) return undefined;
    const short = bytes.readUInt8(1);
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    expectLawful(bytes.readUInt8(0), short, head === 2 ? 0 : head === 4 ? 2 : 8, length);
    if (bytes.length < head + length) return undefined;
    const payload = Buffer.from(bytes.subarray(head, head + length));
    return { opcode: bytes.readUInt8(0) & 0x0f, payload, size: head + length };
  }
}

function fewestBytes(length: number): 0 | 2 | 8 {
  if (length < 126) return 0;
  return length < 65_536 ? 2 : 8;
}

function lengthOf(length: number, masked: boolean, size: 0 | 2 | 8): Buffer {
  const bytes = Buffer.alloc(1 + size);
  const short = { 0: length, 2: 126, 8: 127 }[size];
  bytes[0] = (masked ? 0x80 : 0) | short;
  if (size === 2) bytes.writeUInt16BE(length, 1);
  if (size === 8) bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A server that breaks RFC 6455 (5.1, 5.2, 5.4, 5.5) fails whatever test reads from it. The chat server never fragments. */
function expectLawful(first: number, second: number, size: number, length: number): void {
  const faults = [
    (first & 0x80) === 0 && 'a fragment',
    (first & 0x70) !== 0 && 'reserved bits',
    ![TEXT, CLOSE, PING, PONG].includes(first & 0x0f) && 'an opcode that chat does not know',
    (second & 0x80) !== 0 && 'a mask',
    size !== fewestBytes(length) && 'a length in more bytes than it needs',
    (first & 0x08) !== 0 && length > 125 && 'a control frame that is too long',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new Error(`the server sent ${faults.join(' and ')}: ${first}, ${second}`);
}
