import * as fc from 'fast-check';
import { upgradeRequest } from '../raw-websocket.js';
import { NASTY, TWINS } from './json-texts.js';

const PATH = '/api/chat-api/ws';
const names = ['name', 'session', 'room', 'token', '__proto__', 'constructor', 'NAME', 'name[]', 'room.x', ''];

const queryText = fc.oneof(
  fc.constantFrom(...NASTY, ...TWINS, 'Ada', 'a'.repeat(22), 'x'.repeat(300)).map(escaped),
  fc.constantFrom('%', '%zz', '%00', '%0d%0aX-Forged:%20canary-1', '%E2%80%AE', '%C0%80', '%FF', '+', '&&', '='),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\s#]/g, '+')),
);
const query = fc
  .array(fc.tuple(fc.constantFrom(...names), queryText), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
const target = fc.oneof(
  { weight: 8, arbitrary: query.map((text) => (text === '' ? PATH : `${PATH}?${text}`)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '/',
      '/readyz',
      '*',
      PATH.toUpperCase(),
      `${PATH}/`,
      `/${PATH}`,
      '/__proto__',
      'ws://[',
      '/%',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(`http://127.0.0.1${PATH}`, `${PATH}#x`, '/api/../api/chat-api/ws', '/\\ws', ''),
  },
);

const headerNames = [
  'Host',
  'Connection',
  'Upgrade',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Origin',
  'Authorization',
  'X-Forwarded-For',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'Cookie',
  '__proto__',
  'constructor',
  'X\u0000',
  ' Upgrade',
];
const headerValue = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.constantFrom(
    'websocket',
    'WebSocket, h2c',
    'keep-alive, Upgrade',
    '13',
    '8, 13',
    'hubbub.v1',
    'hubbub.v1, bearer.canary-token',
    'hubbub.v1, hubbub.v1',
    'bearer.',
    'Bearer canary-token',
    'Basic canary',
    'permessage-deflate; server_max_window_bits=99',
    'https://evil.example',
    'null',
    'http://chat.example.evil.example',
    'chunked',
    '0',
    '5',
    '100-continue',
    'x'.repeat(17_000),
    'a,'.repeat(3000),
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 30 }),
);

type Change = readonly [name: string, value: string | undefined];
const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom(...headerNames),
  fc.option(headerValue, { nil: undefined, freq: 4 }),
);
const method = fc.oneof(
  { weight: 12, arbitrary: fc.constant('GET') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('HEAD', 'POST', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', 'M-SEARCH', ''),
  },
);
const twist: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 10, arbitrary: fc.constant((text: string) => text) },
  { weight: 1, arbitrary: fc.nat(250).map((end) => (text: string) => text.slice(0, end)) },
  { weight: 1, arbitrary: fc.constant((text: string) => text.replaceAll('\r\n', '\n')) },
  { weight: 1, arbitrary: fc.constant((text: string) => text + text + text) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0.9', '1.0', '2.0', '1.1.1', '').map((v) => (t: string) => t.replace('/1.1', `/${v}`)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(250), fc.string({ unit: 'binary-ascii', maxLength: 3 })).map(
      ([at, junk]) =>
        (text: string) =>
          text.slice(0, at) + junk + text.slice(at),
    ),
  },
);

/** Requests for an upgrade, with some things changed about them. */
export const upgradeText: fc.Arbitrary<string> = fc
  .tuple(method, target, fc.array(change, { maxLength: 3 }), twist)
  .map(([verb, path, changes, finish]) => finish(upgradeRequest(path, Object.fromEntries(changes), verb)));

function escaped(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
