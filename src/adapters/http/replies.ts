import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from '../node/security-headers.js';

/** Something fixed to be got: made once, sent often. */
export interface Resource {
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** Answers a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const JSON_TYPE = 'application/json; charset=utf-8';

/** Only what the page itself is made of, nothing inline, nowhere else to send anything, in nobody's frame. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function resource(contentType: string, content: string | Buffer): Resource {
  const body = Buffer.from(content);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { contentType, body, etag };
}

export function jsonResource(value: unknown): Resource {
  return resource(JSON_TYPE, JSON.stringify(value));
}

/** Sends a resource, or 304 where the client has it already. Caches ask again each time, so a deploy shows at once. */
export function sendResource(
  request: IncomingMessage,
  response: ServerResponse,
  { contentType, body, etag }: Resource,
) {
  const headers = { ...security(contentType), 'Cache-Control': 'no-cache', ETag: etag };
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known?.some((one) => one === etag || one === '*')) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, 'Content-Type': contentType, 'Content-Length': body.length }).end(body);
}

/** Sends an answer of the moment, which nobody may keep. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  more: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, {
      ...security(JSON_TYPE),
      'Cache-Control': 'no-store',
      'Content-Type': JSON_TYPE,
      'Content-Length': Buffer.byteLength(body),
      ...more,
    })
    .end(body);
}

/** @param code stable, for programs */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  more: OutgoingHttpHeaders = {},
): void {
  sendJson(response, status, { error: { code, message } }, more);
}

/** What was wrong is for the log alone. */
export function sendFault(response: ServerResponse, more: OutgoingHttpHeaders = {}): void {
  sendError(response, 500, 'internal', 'the server failed at this request', more);
}

function security(contentType: string): OutgoingHttpHeaders {
  return contentType.startsWith('text/html')
    ? { ...SECURITY_HEADERS, 'Content-Security-Policy': PAGE_POLICY }
    : SECURITY_HEADERS;
}
