import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type Socket, createServer as createNetServer } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { WsTransport, type WsTransportOptions } from '../../src/adapters/ws/index.js';
import type {
  ConnectOptions,
  HttpRefusal,
  TransportClient,
  TransportHarness,
} from '../../src/contract/transport/harness.js';
import type { ChatPort } from '../../src/ports/chat-port.js';

export const PATH = '/api/chat-api/ws';

// TLS by a shared key: no certificate to make, and none that expires.
const KEY = Buffer.alloc(32, 7);
const SECRET = { ciphers: 'PSK-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' } as const;

/** What carries the bytes: a socket, TLS, or a stream of somebody's making that was given to the HTTP server. */
export type Over = 'tcp' | 'tls' | 'stream';

function wrap(socket: Socket): Duplex {
  socket.setNoDelay();
  const stream = Duplex.from({ readable: socket, writable: socket });
  return Object.assign(stream, { remoteAddress: socket.remoteAddress });
}

/** A transport on an HTTP server of its own, on a free port. */
export async function startWs(chat: ChatPort, options: WsTransportOptions = {}, over: Over = 'tcp') {
  const server = over === 'tls' ? createSecureServer({ ...SECRET, pskCallback: () => KEY }) : createServer();
  const transport = new WsTransport(chat, options);
  transport.attach(server, { path: PATH });
  const listener = over === 'stream' ? createNetServer((socket) => server.emit('connection', wrap(socket))) : server;
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  assert.ok(address !== null && typeof address === 'object');
  const { port } = address;
  const stop = async (): Promise<void> => {
    await transport.close();
    await new Promise((resolve) => listener.close(resolve));
  };
  return { server, transport, port, stop };
}

/** Brings the ws transport to the contract suite. */
export function wsHarness(options: WsTransportOptions = {}, deadlineMs?: number, over: Over = 'tcp'): TransportHarness {
  return {
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    async start(chat, settings) {
      const { port, stop } = await startWs(chat, { ...settings, ...options }, over);
      return { connect: (wanted = {}) => connect(port, wanted, over), stop };
    },
  };
}

/** Knocks with the client of ws. */
export function connect(
  port: number,
  options: ConnectOptions = {},
  over: Over = 'tcp',
): Promise<TransportClient | HttpRefusal> {
  const { query = [], protocols = [], origin, authorization } = options;
  const params = new URLSearchParams();
  for (const [name, value] of query) params.append(name, value);
  const search = params.toString();
  const ws = new WebSocket(
    `${over === 'tls' ? 'wss' : 'ws'}://127.0.0.1:${port}${PATH}${search === '' ? '' : `?${search}`}`,
    [...protocols],
    {
      perMessageDeflate: false,
      ...(over === 'tls'
        ? { ...SECRET, pskCallback: () => ({ psk: KEY, identity: 'client' }), checkServerIdentity: () => undefined }
        : {}),
      ...(origin === undefined ? {} : { origin }),
      headers: authorization === undefined ? {} : { authorization },
    },
  );
  const client = clientOf(ws);
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve(client));
    ws.once('error', reject);
    ws.once('unexpected-response', (_, response: IncomingMessage) => resolve(refusalOf(response)));
  });
}

async function refusalOf(response: IncomingMessage): Promise<HttpRefusal> {
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += String(chunk);
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return { kind: 'refused', status: response.statusCode ?? 0, body, headers: Object.fromEntries(headers) };
}

function clientOf(ws: WebSocket): TransportClient {
  const frames: string[] = [];
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const gone = new Error('the connection is gone');
  ws.on('error', () => {});
  ws.on('message', (data: Buffer) => {
    const text = data.toString();
    const first = waiting.shift();
    if (first === undefined) frames.push(text);
    else first.resolve(text);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => {
      for (const { reject } of waiting) reject(gone);
      resolve({ code, reason: reason.toString() });
    });
  });
  return {
    kind: 'connected',
    get protocol() {
      return ws.protocol;
    },
    send: (text) => ws.send(text),
    next: () =>
      new Promise((resolve, reject) => {
        const text = frames.shift();
        if (text !== undefined) resolve(text);
        else if (ws.readyState === WebSocket.CLOSED) reject(gone);
        else waiting.push({ resolve, reject });
      }),
    close: () => ws.close(1000),
    kill: () => ws.terminate(),
    pauseReading: () => ws.pause(),
    resumeReading: () => ws.resume(),
    closed,
  };
}
