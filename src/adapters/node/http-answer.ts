import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { SECURITY_HEADERS } from './security-headers.js';

/** An answer to what no response object belongs to: an upgrade, or bytes that were no request. */
export interface HttpAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const LINGER_MS = 1000;

/**
 * Answers and ends. What the client still sends is read and thrown away until it has closed its half or a second has
 * passed: destroying a socket with unread bytes resets it, and the client might never see the answer.
 */
export function answer(socket: Duplex, refusal: HttpAnswer): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(render(refusal));
}

function render({ status, code, message, retryAfter, headers }: HttpAnswer): string {
  const body = JSON.stringify({ error: { code, message } });
  const fields: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...SECURITY_HEADERS,
    Connection: 'close',
    // RFC 9110, 15.5.2: it says how to come in.
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfter)) }),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
