import type { IncomingMessage } from 'node:http';
import type { Knock } from '../../ports/chat-port.js';
import type { HttpAnswer } from './http-answer.js';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The path of a request, as sent. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * What is wrong with an upgrade, or nothing (RFC 6455, 4.2.1). Checked before anybody is asked who the client is, and
 * strictly enough that ws finds nothing to refuse afterwards.
 */
export function faultOf(request: IncomingMessage): HttpAnswer | undefined {
  const { headers, method } = request;
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return upgradeRequired('this path takes a WebSocket upgrade', { Upgrade: 'websocket' });
  }
  if (method !== 'GET') return badRequest(`a WebSocket upgrade is a GET request, this is ${String(method)}`);
  if (headers['sec-websocket-version'] !== '13') {
    return upgradeRequired('Sec-WebSocket-Version must be 13', { 'Sec-WebSocket-Version': '13' });
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return badRequest('Sec-WebSocket-Key must be 16 bytes of base64');
  }
  if (protocolsOf(request) === undefined) {
    return badRequest('Sec-WebSocket-Protocol must be a comma list of different tokens');
  }
  return undefined;
}

/** What the domain wants to know of a request that {@link faultOf} has passed. */
export function knockOf(request: IncomingMessage): Knock {
  const { headers, socket } = request;
  return {
    query: new URLSearchParams((request.url ?? '').slice(pathOf(request).length)),
    origin: headers.origin,
    host: headers.host,
    authorization: headers.authorization,
    protocols: protocolsOf(request) ?? [],
    address: socket.remoteAddress ?? '',
  };
}

/** An answer with status 400. */
export function badRequest(message: string): HttpAnswer {
  return { status: 400, code: 'bad_request', message };
}

function upgradeRequired(message: string, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status: 426, code: 'upgrade_required', message, headers };
}

// The subprotocols in the order offered; `undefined` for a list that RFC 6455 forbids.
function protocolsOf({ headers }: IncomingMessage): readonly string[] | undefined {
  const list = headers['sec-websocket-protocol'];
  if (list === undefined) return [];
  const names = list.split(',').map((name) => name.trim());
  if (!names.every((name) => TOKEN.test(name)) || new Set(names).size !== names.length) return undefined;
  return names;
}
