import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { settings } from '../../../src/app/config/schema.js';
import { createChat } from '../../../src/index.js';
import { eventually } from '../../support/eventually.js';
import { TestPod, type Received, type TestConnection } from '../../support/test-pod.js';

/** The least that the setting allows. */
const LEAST = new Map(settings).get('SEND_BUFFER_BYTES')?.minimum ?? 0;
/** What the WebSocket transport takes before it asks for a pause. */
const MARK = 65_536;
const PATH = '/api/chat-api/ws';
const TEXT = 'x'.repeat(30_000);

/**
 * A chat on a Unix socket: the kernel takes some 200 KB of it and no more, so a part waits in the pod until its reader
 * has had its turn, as it does for a client with small segments.
 */
async function startChat(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hubbub-'));
  const path = join(folder, 'chat');
  const chat = createChat({ limits: { sendBufferBytes: LEAST, rateLimit: 0, sendBuffer: 1000 } });
  const server = createServer();
  chat.attach(server, { path: PATH });
  server.listen(path);
  await once(server, 'listening');
  await chat.ready;
  onTestFinished(async () => {
    await chat.close({ reconnectWithinMs: 0 });
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  return path;
}

/** A client that reads whatever comes, as soon as it comes. */
class PromptReader {
  readonly frames: Received[] = [];
  closed: number | undefined;
  readonly #ws: WebSocket;

  private constructor(path: string) {
    this.#ws = new WebSocket(`ws+unix:${path}:${PATH}?room=lobby`, { perMessageDeflate: false });
    this.#ws.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Received));
    this.#ws.on('close', (code) => (this.closed = code));
  }

  static async connect(path: string): Promise<PromptReader> {
    const reader = new PromptReader(path);
    await reader.until(() => reader.frames.length === 2);
    return reader;
  }

  send(frame: object): void {
    this.#ws.send(JSON.stringify(frame));
  }

  /** Waits until it has what it is to have, or is closed. */
  async until(isDone: () => boolean): Promise<void> {
    await eventually(() => this.closed !== undefined || isDone(), true);
  }

  answerTo(id: string): Received | undefined {
    return this.frames.find(({ re }) => re === id);
  }

  count(offset: number): number {
    return this.frames.filter((frame) => frame.offset === offset).length;
  }
}

/** Counts what a connection holds that takes nothing, as the WebSocket transport does. */
function heldBy(connection: TestConnection): number {
  const frames = connection.batches.flatMap((batch) => batch.frames);
  return frames.reduce((sum, { length }) => sum + length + (length < 126 ? 2 : length < 65_536 ? 4 : 10), 0);
}

describe('SEND_BUFFER_BYTES at its minimum', () => {
  it('closes no prompt reader: batches, replays and history of a room of 20 x 30 KB', async () => {
    const path = await startChat();
    const [writer, ...readers] = await Promise.all(Array.from({ length: 6 }, () => PromptReader.connect(path)));
    const all = [writer, ...readers].filter((reader) => reader !== undefined);
    const epoch = writer?.frames[1]?.data['epoch'];
    for (let round = 1; round <= 2; round++) {
      for (let n = 0; n < 20; n++) writer?.send({ room: 'lobby', data: TEXT });
      for (const reader of readers) {
        reader.send({ type: 'history', room: 'lobby', id: `h${round}`, data: { limit: 100 } });
        reader.send({ type: 'join', room: 'lobby', id: `j${round}`, data: { since: { epoch, offset: 0 } } });
      }
      for (const reader of all) await reader.until(() => reader.count(20 * round) > 0);
      for (const reader of readers) await reader.until(() => reader.answerTo(`j${round}`) !== undefined);
    }
    expect(all.map(({ closed }) => closed)).toEqual(all.map(() => undefined));
    for (const reader of readers) expect(reader.answerTo('h2')?.data['messages']).toHaveLength(8);
  });

  it('is enough for a connection just under the mark that gets a part of its room and then a history answer', async () => {
    const pod = await TestPod.started();
    const [writer, client] = [await pod.enter('room=lobby'), await pod.enter('room=lobby')];
    const { connection } = client;
    const base = heldBy(connection);
    Object.defineProperty(connection, 'writable', { get: () => heldBy(connection) - base < MARK });
    while (heldBy(connection) - base < MARK - 4500) await writer.send({ room: 'lobby', data: 'x'.repeat(4000) });
    let answer = (): void => {};
    const isAsked = new Promise<void>((resolve) => (answer = resolve));
    const read = pod.broadcaster.read.bind(pod.broadcaster);
    pod.broadcaster.read = (...query) => isAsked.then(() => read(...query));
    client.push({ type: 'history', room: 'lobby', id: 'h', data: { limit: 100 } });
    for (let n = 0; n < 20; n++) writer.push({ room: 'lobby', data: TEXT });
    await pod.settle();
    answer();
    await pod.settle();
    expect(client.take().at(-1)).toMatchObject({ type: 'ack', re: 'h' });
    const held = heldBy(connection) - base;
    expect(held).toBeLessThanOrEqual(LEAST);
    // Both parts are there.
    expect(held).toBeGreaterThan(MARK - 4500 + 2 * 8 * TEXT.length);
  });
});
