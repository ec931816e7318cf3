import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { createChat, type Chat, type ChatOptions } from '../../../src/index.js';
import { ChatClient, type ChatFrame } from '../../support/chat-client.js';
import { eventually } from '../../support/eventually.js';
import { lineServer } from '../../support/line-server.js';
import { listen } from '../http/raw.js';

interface Line extends ChatFrame {
  readonly closed?: { readonly code: number };
  readonly error?: { readonly status: number; readonly code: string };
}

/** A client of the transport that is not ours. */
class LineClient {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number, query: string) {
    this.#socket = connect(port, '127.0.0.1');
    onTestFinished(() => void this.#socket.destroy());
    this.#lines = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
    this.write(query);
  }

  write(line: string | Buffer): void {
    this.#socket.write(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
  }

  say(frame: object): void {
    this.write(JSON.stringify(frame));
  }

  leave(): void {
    this.#socket.end();
  }

  /** The next frame, or nothing at the end. */
  async next(): Promise<Line | undefined> {
    const { done, value } = await this.#lines.next();
    return done ? undefined : JSON.parse(value);
  }

  /** The next frame of a type, whatever comes before. */
  async hears(type: string): Promise<Line | undefined> {
    for (;;) {
      const frame = await this.next();
      if (!frame || frame.type === type) return frame;
    }
  }
}

interface Doors {
  readonly chat: Chat;
  readonly ws: number;
  readonly lines: number;
}

/** One chat with two doors. */
async function open(options: ChatOptions = {}): Promise<Doors> {
  const chat = createChat(options);
  const server = createServer();
  chat.attach(server, { path: '/api/chat-api/ws' });
  const own = lineServer(chat.port);
  own.listen(0, '127.0.0.1');
  await once(own, 'listening');
  onTestFinished(async () => {
    await chat.close({ reconnectWithinMs: 0 });
    own.close();
    server.close();
  });
  await chat.ready;
  const address = own.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a port');
  return { chat, ws: await listen(server), lines: address.port };
}

it('a transport of one’s own chats with WebSocket through one chat, both ways', async () => {
  const { ws, lines } = await open();
  const ada = await ChatClient.connect(ws, { rooms: ['lobby'], query: { name: 'Ada' } });
  const bob = new LineClient(lines, 'name=Bob&room=lobby');
  // Sent before the answer to the knock: it waits for the welcome and the join.
  bob.say({ room: 'lobby', data: { content: 'from a line' }, id: 'one' });
  expect(await bob.next()).toMatchObject({ type: 'welcome', data: { user: { name: 'Bob' } } });
  expect(await bob.hears('ack')).toMatchObject({ data: { room: 'lobby' } });
  expect(await ada.hears('from a line', 'lobby')).toMatchObject({ from: { name: 'Bob' }, offset: 1 });
  await ada.say('from a socket', 'lobby');
  expect(await bob.hears('chat')).toMatchObject({ from: { name: 'Bob' }, offset: 1 });
  expect(await bob.hears('chat')).toMatchObject({
    from: { name: 'Ada' },
    offset: 2,
    data: { content: 'from a socket' },
  });
});

it('the door and the limits are the same', async () => {
  const { ws, lines } = await open({ limits: { maxConnections: 2, roomsPerConnection: 1 } });
  const bad = new LineClient(lines, 'name=a&name=b');
  expect(await bad.next()).toMatchObject({ error: { status: 400, code: 'bad_request' } });
  const ada = await ChatClient.connect(ws);
  const bob = new LineClient(lines, 'room=lobby');
  await bob.hears('ack');
  bob.say({ type: 'join', room: 'kitchen', id: 'one' });
  expect(await bob.hears('error')).toMatchObject({ re: 'one', data: { code: 'too_many_rooms' } });
  const third = new LineClient(lines, 'room=lobby');
  expect(await third.next()).toMatchObject({ error: { status: 503 } });
  // Who goes makes room.
  bob.leave();
  expect(await bob.hears('nothing')).toBeUndefined();
  await eventually(async () => (await new LineClient(lines, 'room=lobby').next())?.type === 'welcome', true);
  expect(ada.isOpen).toBe(true);
});

it.each([
  ['no UTF-8', Buffer.of(0xff), 1007],
  ['too long', Buffer.alloc(65_537, 'x'), 1009],
])('a line that is %s ends the connection, and no other', async (_what, line, code) => {
  const { lines } = await open();
  const bob = new LineClient(lines, '');
  const ada = new LineClient(lines, '');
  await ada.hears('welcome');
  bob.write(line);
  await bob.hears('welcome');
  expect((await bob.next())?.closed?.code).toBe(code);
  ada.say({ type: 'ping', id: 'one' });
  expect(await ada.hears('pong')).toMatchObject({ re: 'one' });
});

it('who is sent away, and a chat that closes, reach its clients too', async () => {
  const { chat, ws, lines } = await open();
  const ada = await ChatClient.connect(ws);
  const bob = new LineClient(lines, 'room=lobby');
  const welcome = await bob.next();
  const carl = new LineClient(lines, 'room=lobby');
  await carl.hears('ack');
  const { id } = Object(welcome?.data['user']);
  expect(await chat.disconnect(id)).toBe(true);
  expect(await bob.hears('ack')).toBeDefined();
  expect((await bob.next())?.closed?.code).toBe(4403);
  await chat.close({ reconnectWithinMs: 0 });
  expect(await carl.next()).toMatchObject({ type: 'draining' });
  expect((await carl.next())?.closed?.code).toBe(1012);
  expect((await ada.closed).code).toBe(1012);
  const late = new LineClient(lines, '');
  expect(await late.next()).toMatchObject({ error: { status: 503, code: 'draining' } });
});
