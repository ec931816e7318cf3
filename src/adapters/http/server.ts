import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { sendError } from './replies.js';

/** Bytes that all headers of a request may have. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const LINGER_MS = 1_000;

/**
 * A server that slow or broken clients can't hold: headers, those of an upgrade too, must be complete within 10 s.
 * What can't be parsed is answered in JSON like every other error.
 */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Node looks for late clients only that often, every 30 s by default.
      connectionsCheckingInterval: 1_000,
      // Longer than a load balancer's usual 60 s, so that it never sends into a connection that is being closed.
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The listener says it in JSON.
      requireHostHeader: false,
    },
    listener,
  );
  const latest = new WeakMap<Duplex, Exchange>();
  server.on('request', (request, response) => latest.set(request.socket, { request, response }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Where it is the rest of a request that has its answer, a second one would confuse.
    if (isAnswered(latest.get(socket))) socket.destroy();
    else answerBroken(error, socket);
  });
  server.on('checkExpectation', (_request, response) => {
    sendError(response, 417, 'expectation_failed', 'expected no Expect header but 100-continue', {
      Connection: 'close',
    });
  });
  return server;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** An answer was given, and more of the same request comes. */
function isAnswered(exchange: Exchange | undefined): boolean {
  return exchange !== undefined && exchange.response.headersSent && !exchange.request.complete;
}

const BROKEN: ReadonlyMap<string, readonly [status: number, code: string, message: string]> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    [431, 'headers_too_large', `expected at most ${MAX_HEADER_BYTES} bytes of headers, got more`],
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'timeout', 'the request did not arrive in time']],
]);

/**
 * Answers, then throws away what the client still sends until it hangs up or a second has passed: closing a socket
 * with unread bytes resets it, and the client would never see the answer.
 */
function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Every further packet of the same client is broken too; its answer is under way.
  if (socket.writableEnded) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(linger));
  socket.end(render(...(BROKEN.get(error.code ?? '') ?? [400, 'bad_request', 'this is no HTTP request'])));
}

function render(status: number, code: string, message: string): string {
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
