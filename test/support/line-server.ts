import { isUtf8 } from 'node:buffer';
import { createServer, type Server, type Socket } from 'node:net';
import type { Batch, ChatPort, ChatSession, ConnectionPort } from '../../src/index.js';

const MAX_LINE = 65_536;
/** Bytes that wait for a client: so many and it is not writable, so many and it is closed. */
const MARK = 65_536;
const MAX_WAITING = 4_194_304;
const CLOSE_MS = 2000;

/** Chat over TCP. Each line is a frame, but for a client's first, which is its query: `name=Ada&room=lobby`. */
export function lineServer(chat: ChatPort): Server {
  return createServer((socket) => void new LineConnection(socket, chat));
}

class LineConnection implements ConnectionPort {
  writable = true;
  readonly #socket: Socket;
  readonly #chat: ChatPort;
  #knocked = false;
  #session: ChatSession | undefined;
  #rest = Buffer.alloc(0);

  constructor(socket: Socket, chat: ChatPort) {
    this.#socket = socket;
    this.#chat = chat;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => {
      if (this.writable) return;
      this.writable = true;
      this.#session?.drained();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#session?.closed());
  }

  send({ frames }: Batch): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    // What is sent in one turn leaves in one write.
    socket.cork();
    for (const frame of frames) {
      socket.write(frame);
      socket.write('\n');
    }
    process.nextTick(() => socket.uncork());
    if (socket.writableLength >= MARK) this.writable = false;
    if (socket.writableLength > MAX_WAITING) this.close(4008, 'reads too slowly');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    if (!this.#socket.writable) return;
    this.#socket.end(`${JSON.stringify({ closed: { code, reason } })}\n`);
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref();
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    // What comes before the answer to the knock waits for it.
    while (this.#session || !this.#knocked) {
      const end = this.#rest.indexOf('\n');
      if ((end === -1 ? this.#rest.length : end) > MAX_LINE) return this.close(1009, 'a line is too long');
      if (end === -1) return;
      const line = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end + 1);
      if (!isUtf8(line)) return this.close(1007, 'a line is no UTF-8');
      if (this.#session) this.#session.received(line.toString());
      else void this.#knock(line.toString());
    }
  }

  async #knock(query: string): Promise<void> {
    this.#knocked = true;
    const socket = this.#socket;
    socket.pause();
    const answer = await this.#chat.knock({
      query: new URLSearchParams(query),
      origin: undefined,
      host: undefined,
      authorization: undefined,
      protocols: [],
      address: socket.remoteAddress ?? '',
    });
    if (socket.destroyed) return;
    if ('status' in answer) return void socket.end(`${JSON.stringify({ error: answer })}\n`);
    this.#session = this.#chat.open(this, answer);
    socket.resume();
    this.#read(Buffer.alloc(0));
  }
}
