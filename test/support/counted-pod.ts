import type { Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { TOKENS } from '../../src/app/tokens.js';
import type { CodecPort } from '../../src/ports/codec-port.js';
import { podContainer, startContainer, type Pod } from './pods.js';
import { frame, RawWebSocket, TEXT } from './raw-websocket.js';
import { UNLIMITED } from './unlimited.js';

/** A client that reads without parsing, and what the server's end of its connection was given to write since it came. */
export interface Member {
  readonly writes: readonly Buffer[];
  /** Says all of it in one write, so that the server has it in one read: in one turn. */
  say(texts: readonly string[]): void;
  /** Reads so many frames. */
  reads(frames: number): Promise<string[]>;
}

/** The whole app in this process, on its own codec, with the work on the way of a message counted. */
export class CountedPod {
  /** The texts that were encoded, and those that were decoded. */
  readonly encoded: readonly string[];
  readonly decoded: readonly string[];
  readonly #pod: Pod;
  readonly #sockets: readonly Socket[];

  private constructor(pod: Pod, encoded: readonly string[], decoded: readonly string[], sockets: readonly Socket[]) {
    this.#pod = pod;
    this.encoded = encoded;
    this.decoded = decoded;
    this.#sockets = sockets;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<CountedPod> {
    const container = podContainer({ ...UNLIMITED, ...env });
    const codec = container.get(TOKENS.codec);
    const [encoded, decoded, sockets]: [string[], string[], Socket[]] = [[], [], []];
    const counting: CodecPort = {
      decode(text) {
        decoded.push(text);
        return codec.decode(text);
      },
      decodeForeign: (payload) => codec.decodeForeign(payload),
      encode(text) {
        encoded.push(text);
        return codec.encode(text);
      },
      byteLength: (text) => codec.byteLength(text),
    };
    container.rebind(TOKENS.codec).toConstantValue(counting);
    container.get(TOKENS.server).on('connection', (socket: Socket) => sockets.push(socket));
    return new CountedPod(await startContainer(container), encoded, decoded, sockets);
  }

  /** Lets in a client that is a member of these rooms, and has read all that this brings. */
  async enter(...rooms: readonly string[]): Promise<Member> {
    const query = rooms.map((room) => `room=${encodeURIComponent(room)}`).join('&');
    const raw = await RawWebSocket.open(this.#pod.port, `/api/chat-api/ws?${query}`);
    onTestFinished(() => void raw.socket.destroy());
    const socket = this.#sockets.find(({ remotePort }) => remotePort === raw.socket.localPort);
    if (!socket) throw new Error('the server knows no such connection');
    const reads = async (frames: number): Promise<string[]> => {
      const texts: string[] = [];
      while (texts.length < frames) texts.push(await raw.text());
      return texts;
    };
    await reads(1 + rooms.length);
    const write = vi.spyOn(socket, 'write');
    return {
      reads,
      get writes() {
        return write.mock.calls.map(([bytes]) => bytes as Buffer);
      },
      say: (texts) => raw.write(Buffer.concat(texts.map((payload) => frame({ opcode: TEXT, payload })))),
    };
  }

  /** Lets in many, each a member of these rooms. */
  async crowd(size: number, ...rooms: readonly string[]): Promise<Member[]> {
    const members: Member[] = [];
    while (members.length < size) members.push(await this.enter(...rooms));
    return members;
  }
}

/** How often JSON was read and made in this process, since it was asked for. */
export function countJson(): { readonly parsed: number; readonly stringified: number } {
  const [parse, stringify] = [vi.spyOn(JSON, 'parse'), vi.spyOn(JSON, 'stringify')];
  onTestFinished(() => [parse, stringify].forEach((spy) => spy.mockRestore()));
  return {
    get parsed() {
      return parse.mock.calls.length;
    },
    get stringified() {
      return stringify.mock.calls.length;
    },
  };
}

/** How often a text that begins like this was made into bytes in this process, since it was asked for. */
export function countWritten(beginning: string): { readonly count: number } {
  const [from, write] = [vi.spyOn(Buffer, 'from'), vi.spyOn(Buffer.prototype, 'write')];
  onTestFinished(() => [from, write].forEach((spy) => spy.mockRestore()));
  return {
    get count() {
      const calls: readonly unknown[][] = [...from.mock.calls, ...write.mock.calls];
      return calls.filter(([text]) => typeof text === 'string' && text.startsWith(beginning)).length;
    },
  };
}
