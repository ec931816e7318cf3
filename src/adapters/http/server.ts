import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answer, type HttpAnswer } from '../node/http-answer.js';
import { sendError } from './replies.js';

/** Bytes that all headers of a request may have. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;

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
