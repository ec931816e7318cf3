import { afterAll, beforeAll, expect } from 'vitest';
import type { AttackedPod } from './attacked-pod.js';
import { ChatClient } from './chat-client.js';
import { inPieces, isWayFor, ways, type Way } from './in-pieces.js';
import { CLOSE, PING, PONG, RawWebSocket, TEXT, closePayload, frame, type ServerFrame } from './raw-websocket.js';

/** Where the cases talk. */
const ROOM = 'rfc';
const TARGET = `/api/chat-api/ws?name=Eve&room=${ROOM}`;

/** What comes of the bytes of a case. */
export interface Outcome {
  /** What the room hears, in order. @default nothing */
  readonly said?: readonly string[];
  /** The codes of the errors that come back. @default none */
  readonly errors?: readonly string[];
  /** The payloads of pings: the last is answered, and others in between may be (5.5.3). @default none */
  readonly pings?: readonly Uint8Array[];
  /** The payload of the server's close frame. @default the connection stays */
  readonly closed?: Uint8Array | number;
}

/** Bytes that a client sends, and what comes of them by a section of RFC 6455. */
export interface WireCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly outcome: Outcome;
}

interface Chat {
  readonly type: string;
  readonly room?: string;
  readonly data?: { readonly content?: string; readonly code?: string };
}

/** The text of a message to the room of the cases. */
export function chat(content: string): Buffer {
  return Buffer.from(`{"room":"${ROOM}","data":{"content":${JSON.stringify(content)}}}`);
}

/** A message to the room of the cases in one frame. */
export function say(content: string): Buffer {
  return frame({ opcode: TEXT, payload: chat(content) });
}

/** What a message to the room of the cases says that takes so many bytes. */
export function contentOf(length: number): string {
  return 'x'.repeat(length - chat('').length);
}

/** Runs cases against a pod, before somebody who listens with a WebSocket of another make. */
export class Conformance {
  #count = 0;
  readonly #pod: AttackedPod;
  #listener: ChatClient | undefined;

  constructor(pod: AttackedPod) {
    this.#pod = pod;
    beforeAll(async () => void (this.#listener = await ChatClient.connect(pod.port, { rooms: [ROOM] })));
    afterAll(() => this.#listener?.close());
  }

  /** How many cases were run, each way in which one was sent counted. */
  get count(): number {
    return this.#count;
  }

  counted(cases = 1): void {
    this.#count += cases;
  }

  /** Runs a case in every way in which its bytes may arrive. */
  async run(wireCase: WireCase): Promise<void> {
    for (const way of ways) if (isWayFor(wireCase.bytes, way)) await this.#run(wireCase, way);
  }

  async #run({ bytes, outcome }: WireCase, way: Way): Promise<void> {
    this.#count += 1;
    const raw = await this.open();
    try {
      const heard = 'closed' in outcome ? await this.#closes(raw, bytes, way) : await this.#stays(raw, bytes, way);
      const roomHeard = await this.heard();
      const { said = [], errors = [], pings = [], ...end } = outcome;
      expectPongs(heard.pongs, pings);
      // A ping right before the close need not be answered (5.5.2).
      if (!('closed' in end)) expect(heard.pongs.at(-1)).toBe(pings.at(-1) && hex(pings.at(-1)));
      expect({ ...heard, pongs: [] }).toEqual({
        said: 'closed' in end ? [] : said,
        errors,
        pongs: [],
        ...('closed' in end && { closed: [closeHex(end.closed)], wasReset: false }),
      });
      expect(roomHeard).toEqual(said);
    } finally {
      raw.reset();
    }
  }

  /** A connection in the room of the cases. */
  async open(): Promise<RawWebSocket> {
    const raw = await RawWebSocket.open(this.#pod.port, TARGET);
    for (const type of ['welcome', 'ack']) expect(JSON.parse(await raw.text())).toMatchObject({ type });
    return raw;
  }

  /** What the room has heard since this was asked last. */
  async heard(): Promise<unknown[]> {
    const listener = this.#listener;
    if (listener === undefined) throw new Error('heard() before the tests have begun');
    await listener.say('all heard?', ROOM);
    await listener.hears('all heard?', ROOM);
    const contents = listener.contents(ROOM);
    listener.frames.splice(0);
    return contents.filter((content) => content !== 'end' && content !== 'all heard?');
  }

  async #stays(raw: RawWebSocket, bytes: Uint8Array, way: Way): Promise<Heard> {
    await inPieces(raw, Buffer.concat([bytes, say('end')]), way);
    const frames = await until(raw, (next) => contentIn(next) === 'end');
    raw.write(frame({ opcode: PING, payload: 'end' }));
    frames.push(...(await until(raw, ({ opcode, payload }) => opcode === PONG && payload.toString() === 'end')));
    raw.write(frame({ opcode: CLOSE, payload: closePayload(1000) }));
    const rest = await raw.rest();
    expect(closesIn(rest)).toEqual([closeHex(1000)]);
    return { said: saidIn(frames), errors: errorsIn(frames), pongs: pongsIn(frames) };
  }

  // What was said before is not compared here: the connection may be closed before its own copy is made.
  async #closes(raw: RawWebSocket, bytes: Uint8Array, way: Way): Promise<Heard> {
    await inPieces(raw, Buffer.concat([bytes, say('behind')]), way);
    const frames = await until(raw, ({ opcode }) => opcode === CLOSE);
    // The answer to a close that the server began: where it was the client's, this is data behind it, and ignored.
    raw.write(frame({ opcode: CLOSE, payload: frames.at(-1)?.payload ?? '' }));
    const behind = await raw.rest();
    expect(behind).toEqual([]);
    const wasReset = raw.failure === 'ECONNRESET';
    return { said: [], errors: errorsIn(frames), pongs: pongsIn(frames), closed: closesIn(frames), wasReset };
  }
}

interface Heard {
  readonly said: readonly string[];
  readonly errors: readonly string[];
  readonly pongs: readonly string[];
  readonly closed?: readonly string[];
  readonly wasReset?: boolean;
}

/** All frames up to one, with it. */
export async function until(raw: RawWebSocket, isLast: (frame: ServerFrame) => boolean): Promise<ServerFrame[]> {
  const frames: ServerFrame[] = [];
  for (;;) {
    const next = await raw.next();
    if (next === undefined) throw new Error(`the connection ended early: ${frames.map(describeFrame).join()}`);
    frames.push(next);
    if (isLast(next)) return frames;
    if (next.opcode === CLOSE) throw new Error(`closed: ${frames.map(describeFrame).join()}`);
  }
}

function describeFrame({ opcode, payload }: ServerFrame): string {
  return `${opcode} ${opcode === CLOSE ? payload.toString('hex') : payload.toString().slice(0, 100)}`;
}

function chatIn({ opcode, payload }: ServerFrame): Chat | undefined {
  return opcode === TEXT ? (JSON.parse(payload.toString()) as Chat) : undefined;
}

function contentIn(next: ServerFrame): string | undefined {
  const message = chatIn(next);
  return message?.type === 'chat' && message.room === ROOM ? message.data?.content : undefined;
}

function saidIn(frames: readonly ServerFrame[]): string[] {
  return frames.flatMap((next) => contentIn(next) ?? []).filter((content) => content !== 'end');
}

function errorsIn(frames: readonly ServerFrame[]): string[] {
  return frames.flatMap((next) => {
    const message = chatIn(next);
    return message?.type === 'error' ? [String(message.data?.code)] : [];
  });
}

function pongsIn(frames: readonly ServerFrame[]): string[] {
  const pongs = frames.filter(({ opcode }) => opcode === PONG).map(({ payload }) => hex(payload));
  return pongs.filter((pong) => pong !== hex('end'));
}

/** The payloads of the close frames, in hex. */
export function closesIn(frames: readonly ServerFrame[]): string[] {
  return frames.filter(({ opcode }) => opcode === CLOSE).map(({ payload }) => hex(payload));
}

// The reason of a fault is the server's own: only its code is compared.
function closeHex(closed: Uint8Array | number | undefined): unknown {
  if (typeof closed === 'number') return expect.stringMatching(`^${closePayload(closed).toString('hex')}`);
  return hex(closed ?? '');
}

function hex(bytes: Uint8Array | string = ''): string {
  return Buffer.from(bytes).toString('hex');
}

function expectPongs(pongs: readonly string[], pings: readonly Uint8Array[]): void {
  const due = pings.map((payload) => hex(payload));
  let at = 0;
  for (const pong of pongs) {
    at = due.indexOf(pong, at) + 1;
    if (at === 0) throw new Error(`a pong that nobody asked for, or twice: ${pong}`);
  }
}
