import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answer, type HttpAnswer } from '../node/http-answer.js';
import { BoundedServer, type SocketBound } from './bounded-server.js';
import { sendError } from './replies.js';

/** Bytes that all headers of a request may have. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const IDLE_MS = 60_000;
/** Answers that one connection may be owed. One read of the server's may bring a thousand requests. */
const MAX_OWED = 16;

const UNBOUNDED: SocketBound = { max: Infinity, onFull: () => {} };

/** How long a client may take, in milliseconds. */
export interface HttpPatience {
  /** For the headers of a request. @default 10,000 */
  readonly headersMs?: number;
  /** For a whole request. @default 30,000 */
  readonly requestMs?: number;
  /** With nothing of a request or an answer moving, as of a client that does not read. @default 60,000 */
  readonly idleMs?: number;
}

/**
 * A server that slow or broken clients can't hold: headers, those of an upgrade too, must be complete within 10 s, and
 * who asks on and on without reading the answers is cut off. What can't be parsed is answered in JSON like every other
 * error.
 */
export function createHttpServer(
  listener: RequestListener,
  patience: HttpPatience = {},
  bound: SocketBound = UNBOUNDED,
): Server {
  const { headersMs = HEADERS_TIMEOUT_MS, requestMs = REQUEST_TIMEOUT_MS, idleMs = IDLE_MS } = patience;
  const clients = new WeakMap<Duplex, Client>();
  const server = new BoundedServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      // Node looks for late clients only that often, every 30 s by default.
      connectionsCheckingInterval: 1_000,
      // Longer than a load balancer's usual 60 s, so that it never sends into a connection that is being closed.
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The listener says it in JSON.
      requireHostHeader: false,
    },
    (request, response) => {
      if (isTaken(clients, request, response)) listener(request, response);
    },
    bound,
  );
  // It ends with an upgrade.
  server.timeout = idleMs;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Where it is the rest of a request that has its answer, a second one would confuse.
    if (isAnswered(clients.get(socket))) socket.destroy();
    else answerBroken(error, socket);
  });
  server.on('checkExpectation', (request, response) => {
    if (!isTaken(clients, request, response)) return;
    sendError(response, 417, 'expectation_failed', 'expected no Expect header but 100-continue', {
      Connection: 'close',
    });
  });
  return server;
}

interface Client {
  /** The latest of its requests, and the answer. */
  request: IncomingMessage;
  response: ServerResponse;
  /** Answers that are not written yet. */
  owed: number;
}

/** Takes a request in, or cuts off a client that asks too much before it has read the answers. */
function isTaken(clients: WeakMap<Duplex, Client>, request: IncomingMessage, response: ServerResponse): boolean {
  const { socket } = request;
  const client = clients.get(socket) ?? { request, response, owed: 0 };
  Object.assign(client, { request, response });
  clients.set(socket, client);
  client.owed += 1;
  response.once('finish', () => (client.owed -= 1));
  if (client.owed <= MAX_OWED) return true;
  socket.destroy();
  return false;
}

/** An answer was given, and more of the same request comes. */
function isAnswered(client: Client | undefined): boolean {
  return client !== undefined && client.response.headersSent && !client.request.complete;
}

const BROKEN: ReadonlyMap<string, HttpAnswer> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    {
      status: 431,
      code: 'headers_too_large',
      message: `expected at most ${MAX_HEADER_BYTES} bytes of headers, got more`,
    },
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: 408, code: 'timeout', message: 'the request did not arrive in time' }],
]);
const NO_REQUEST: HttpAnswer = { status: 400, code: 'bad_request', message: 'this is no HTTP request' };

function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Every further packet of the same client is broken too; its answer is under way.
  if (socket.writableEnded) return;
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else answer(socket, BROKEN.get(error.code ?? '') ?? NO_REQUEST);
}
