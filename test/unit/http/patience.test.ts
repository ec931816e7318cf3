import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpServer, type HttpPatience } from '../../../src/adapters/http/index.js';
import { createChat } from '../../../src/index.js';
import { ChatClient } from '../../support/chat-client.js';
import { exchange, listen } from './raw.js';

const IDLE_MS = 300;
const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const ASK_MUCH = ASK.replace('/', '/much');
/** More than a connection holds on its way. */
const MUCH = Buffer.alloc(32 * 2 ** 20);
/** Answers that a connection may be owed. */
const OWED = 16;

class Served {
  /** Paths that were asked for. */
  readonly asked: (string | undefined)[] = [];
  /** The server's ends of the connections, in the order they came in. */
  readonly sockets: Socket[] = [];
  readonly server: Server;
  port = 0;

  constructor(patience: HttpPatience) {
    const answer = ({ url }: IncomingMessage, response: ServerResponse): void => {
      this.asked.push(url);
      response.end(url === '/much' ? MUCH : 'fine');
    };
    this.server = createHttpServer(answer, patience);
    this.server.on('connection', (socket: Socket) => this.sockets.push(socket));
  }

  static async start(patience: HttpPatience = {}): Promise<Served> {
    const served = new Served(patience);
    served.port = await listen(served.server);
    onTestFinished(() => {
      served.server.closeAllConnections();
      served.server.close();
    });
    return served;
  }

  /** A client that has sent something, and the server's end of it. */
  async dial(bytes: string): Promise<{ readonly client: Socket; readonly end: Socket }> {
    const accepted = once(this.server, 'connection') as Promise<[Socket]>;
    const client = connect(this.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => undefined);
    client.write(bytes);
    const [end] = await accepted;
    return { client, end };
  }

  /** Lets more than the patience pass: so long a client is waited for that asks and does not read. */
  async losesPatience(): Promise<void> {
    const { end } = await this.dial(ASK_MUCH);
    await gone(end);
  }
}

async function gone(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

/** Reads so many answers of `fine`. */
async function reads(client: Socket, answers: number): Promise<void> {
  let text = '';
  while (text.split('fine').length <= answers) text += String((await once(client, 'data'))[0]);
}

describe('a client that does not read what it asks for', () => {
  it('is waited for as long as the server has patience, and then cut off', async () => {
    const served = await Served.start({ idleMs: IDLE_MS });
    const { end } = await served.dial(ASK_MUCH);
    await gone(end);
    expect(served.asked).toEqual(['/much']);
  });

  it('is cut off where it asks again and again, and no more than so much is looked at', async () => {
    const served = await Served.start();
    const { end } = await served.dial(ASK.repeat(1000));
    await gone(end);
    expect(served.asked).toHaveLength(OWED);
  });

  it('is cut off too where it asks by an Expect that nobody meets', async () => {
    const served = await Served.start();
    const { end } = await served.dial(ASK_MUCH + 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'.repeat(OWED));
    await gone(end);
  });
});

describe('a client that reads', () => {
  it(`may ask ${OWED} times at once, as often as it likes`, async () => {
    const served = await Served.start();
    const { client } = await served.dial('');
    for (let round = 0; round < 20; round++) {
      client.write(ASK.repeat(OWED));
      await reads(client, OWED);
    }
    expect(served.asked).toHaveLength(20 * OWED);
  });

  it('may be still for longer between its requests', async () => {
    const served = await Served.start({ idleMs: IDLE_MS });
    const { client, end } = await served.dial(ASK);
    await reads(client, 1);
    await served.losesPatience();
    client.write(ASK);
    await reads(client, 1);
    expect(end.destroyed).toBe(false);
  });

  it('may be still for longer once it has a WebSocket', async () => {
    const served = await Served.start({ idleMs: IDLE_MS });
    const chat = createChat();
    onTestFinished(() => chat.close());
    chat.attach(served.server, { path: '/api/chat-api/ws' });
    await chat.ready;
    const client = await ChatClient.connect(served.port);
    await served.losesPatience();
    expect(await client.say('still here')).toMatchObject({ offset: 1 });
    expect(served.sockets[0]?.timeout).toBe(0);
  });
});

describe('a body behind a GET, which is answered before it is read', () => {
  it.each([
    ['of a length that never comes', 'Content-Length: 1000000000\r\n', 'x'],
    ['of chunks without end', 'Transfer-Encoding: chunked\r\n', '1\r\nx\r\n'],
  ])('is cut off when a request has taken its time: one %s', async (_name, header, piece) => {
    const { port } = await Served.start({ headersMs: 500, requestMs: 500 });
    const answer = await exchange(port, (socket) => {
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n`);
      const drip = setInterval(() => socket.write(piece), 50);
      socket.once('close', () => clearInterval(drip));
    });
    // And nothing behind it.
    expect([answer.status, answer.body]).toEqual([200, 'fine']);
  });
});
