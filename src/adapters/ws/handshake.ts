import type { IncomingMessage } from 'node:http';
import type { Knock } from '../../ports/chat-port.js';
import { hostsOf } from '../node/hosts.js';
import type { HttpAnswer } from '../node/http-answer.js';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const TCHAR = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const TOKEN = new RegExp(`^${TCHAR}+$`);
// A quoted value must be a token too, once the backslashes are gone (RFC 6455, 9.1).
const EXTENSION = new RegExp(`^${TCHAR}+(?:[ \\t]*;[ \\t]*${TCHAR}+(?:=(?:${TCHAR}+|"(?:\\\\?${TCHAR})+"))?)*$`);
/** How a proxy asks: by the whole URL (RFC 9112, 3.2.2). */
const ABSOLUTE = /^https?:\/\/([^/?]*)/i;

/** The path of a request, as sent. */
export function pathOf(request: IncomingMessage): string {
  const url = (request.url ?? '/').replace(ABSOLUTE, '');
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * What is wrong with an upgrade, or nothing (RFC 6455, 4.2.1). Checked before anybody is asked who the client is, and
 * strictly enough that ws finds nothing to refuse afterwards.
 */
export function faultOf(request: IncomingMessage): HttpAnswer | undefined {
  const { headers, method } = request;
  if (request.httpVersion !== '1.1') return badRequest('a WebSocket upgrade is a request of HTTP/1.1');
  if (hostsOf(request) !== 1) return badRequest('a request has one Host header');
  if (!listOf(headers.upgrade ?? '').some((name) => name.toLowerCase() === 'websocket')) {
    return upgradeRequired('this path takes a WebSocket upgrade');
  }
  if (method !== 'GET') return badRequest(`a WebSocket upgrade is a GET request, this is ${String(method)}`);
  // Its bytes would be taken for frames.
  if (hasBody(request)) return badRequest('a WebSocket upgrade has no body');
  return faultOfFields(request);
}

function faultOfFields(request: IncomingMessage): HttpAnswer | undefined {
  const { headers } = request;
  if (headers['sec-websocket-version'] !== '13') {
    return upgradeRequired('Sec-WebSocket-Version must be 13', { 'Sec-WebSocket-Version': '13' });
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return badRequest('Sec-WebSocket-Key must be 16 bytes of base64');
  }
  if (protocolsOf(request) === undefined) {
    return badRequest('Sec-WebSocket-Protocol must be a comma list of different tokens');
  }
  // None is ever taken, but who offers nonsense must be told (RFC 6455, 9.1).
  if (!areExtensions(headers['sec-websocket-extensions'])) {
    return badRequest('Sec-WebSocket-Extensions must be a comma list of extensions');
  }
  return undefined;
}

/** What the domain wants to know of a request that {@link faultOf} has passed. */
export function knockOf(request: IncomingMessage, address: string): Knock {
  const { headers, url = '/' } = request;
  return {
    query: new URLSearchParams(url.replace(ABSOLUTE, '').slice(pathOf(request).length)),
    origin: headers.origin,
    host: ABSOLUTE.exec(url)?.[1] ?? headers.host,
    authorization: headers.authorization,
    protocols: protocolsOf(request) ?? [],
    address,
  };
}

/** An answer with status 400. */
export function badRequest(message: string): HttpAnswer {
  return { status: 400, code: 'bad_request', message };
}

function upgradeRequired(message: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade, close' };
  return { status: 426, code: 'upgrade_required', message, headers: { ...upgrade, ...headers } };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function listOf(list: string): string[] {
  return list.split(',').map((name) => name.trim());
}

// Gaps in such a list count for nothing (RFC 2616, 2.1).
function areExtensions(list: string | undefined): boolean {
  if (list === undefined) return true;
  const extensions = listOf(list).filter((extension) => extension !== '');
  return extensions.length > 0 && extensions.every((extension) => EXTENSION.test(extension));
}

// The subprotocols in the order offered; `undefined` for a list that RFC 6455 forbids.
function protocolsOf({ headers }: IncomingMessage): readonly string[] | undefined {
  const list = headers['sec-websocket-protocol'];
  if (list === undefined) return [];
  const names = listOf(list);
  if (!names.every((name) => TOKEN.test(name)) || new Set(names).size !== names.length) return undefined;
  return names;
}
