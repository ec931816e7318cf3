import { upgradeRequest } from '../../support/raw-websocket.js';

const PATH = '/api/chat-api/ws';
const KEY = 'Sec-WebSocket-Key';
const VERSION = 'Sec-WebSocket-Version';
const EXTENSIONS = 'Sec-WebSocket-Extensions';
const PROTOCOL = 'Sec-WebSocket-Protocol';

type Headers = Readonly<Record<string, string | undefined>>;

const request = (changes: Headers = {}): string => upgradeRequest(PATH, changes);
/** With one more line, whatever is there already. */
const also = (line: string): string => request().replace('\r\n\r\n', `\r\n${line}\r\n\r\n`);

/** An upgrade that must be taken, and what the answer says of subprotocols. */
export const taken: readonly [name: string, request: string, protocol?: string][] = [
  ['1.3 the sample key of the RFC', request({ [KEY]: 'dGhlIHNhbXBsZSBub25jZQ==' })],
  ['4.2.1 Upgrade in capitals', request({ Upgrade: 'WEBSOCKET' })],
  ['4.2.1 Upgrade in mixed case', request({ Upgrade: 'WebSocket' })],
  ['4.2.1 Upgrade in a list, first', request({ Upgrade: 'websocket, h2c' })],
  ['4.2.1 Upgrade in a list, last', request({ Upgrade: 'h2c/1 ,  WebSocket' })],
  ['4.2.1 Upgrade in two lines', also('Upgrade: h2c')],
  ['4.2.1 Connection in lower case', request({ Connection: 'upgrade' })],
  ['4.2.1 Connection in capitals', request({ Connection: 'UPGRADE' })],
  ['4.2.1 Connection in a list, last', request({ Connection: 'keep-alive, Upgrade' })],
  ['4.2.1 Connection in a list, first', request({ Connection: 'Upgrade,keep-alive' })],
  ['4.2.1 Connection in a list, with blanks', request({ Connection: ' keep-alive ,\t upgrade ' })],
  ['4.2.1 Connection in two lines', also('Connection: keep-alive')],
  ['4.2.1 header names in capitals', request().replaceAll(/^[^:\r\n]+:/gm, (name) => name.toUpperCase())],
  ['4.2.1 header names in lower case', request().replaceAll(/^[^:\r\n]+:/gm, (name) => name.toLowerCase())],
  ['4.2.1 no blanks behind the colons', request().replaceAll(': ', ':')],
  ['4.2.1 many blanks around the values', request().replaceAll(/: (.*)\r/g, ': \t $1   \r')],
  ['4.2.1 headers in another order', reversed(request())],
  ['4.2.1 an absolute URI', request().replace(PATH, `http://chat.example${PATH}`)],
  ['4.2.1 an absolute URI with a query', request().replace(PATH, `http://chat.example:80${PATH}?x=/a?b`)],
  ['4.1 an unknown header', also('X-Unknown: 1')],
  ['4.1 cookies', also('Cookie: a=b; c=d')],
  ['4.1 an empty line before the request', `\r\n${request()}`],
  ['9.1 permessage-deflate offered', also(`${EXTENSIONS}: permessage-deflate; client_max_window_bits`)],
  ['9.1 permessage-deflate with settings', also(`${EXTENSIONS}: permessage-deflate; server_max_window_bits=10`)],
  ['9.1 a quoted parameter', also(`${EXTENSIONS}: permessage-deflate; server_max_window_bits="10"`)],
  ['9.1 several extensions', also(`${EXTENSIONS}: foo, bar; baz=2, permessage-deflate, x-webkit-deflate-frame`)],
  ['9.1 extensions in two lines', also(`${EXTENSIONS}: foo\r\n${EXTENSIONS}: bar; baz=2`)],
  ['9.1 extensions with gaps', also(`${EXTENSIONS}: ,foo, ,bar,`)],
  ['9.1 an extension twice, with other settings', also(`${EXTENSIONS}: foo; a=1, foo; a=2`)],
  ['1.9 our subprotocol', also(`${PROTOCOL}: hubbub.v1`), 'hubbub.v1'],
  ['1.9 our subprotocol behind others', also(`${PROTOCOL}: soap, wamp , hubbub.v1`), 'hubbub.v1'],
  ['1.9 subprotocols in two lines', also(`${PROTOCOL}: soap\r\n${PROTOCOL}: hubbub.v1`), 'hubbub.v1'],
  ['1.9 only subprotocols of others: none is answered', also(`${PROTOCOL}: soap, wamp`)],
];

const keys: readonly (readonly [name: string, key: string])[] = [
  ['of nothing', ''],
  ['of 15 bytes', 'AAAAAAAAAAAAAAAAAAAA'],
  ['of 17 bytes', 'AAAAAAAAAAAAAAAAAAAAAAA='],
  ['of 18 bytes', 'AAAAAAAAAAAAAAAAAAAAAAAA'],
  ['without padding', 'dGhlIHNhbXBsZSBub25jZQ'],
  ['with half the padding', 'dGhlIHNhbXBsZSBub25jZQ='],
  ['with too much padding', 'dGhlIHNhbXBsZSBub25jZQ==='],
  ['for URLs', '-_hlIHNhbXBsZSBub25jZQ=='],
  ['with a blank', 'dGhlIHNhbXBs SBub25jZQ=='],
  ['in quotes', '"dGhlIHNhbXBsZSBub25jZQ=="'],
  ['beyond ASCII', 'dGhlIHNhbXBsZSBub25jé=='],
];

const versions = ['', '0', '7', '8', '12', '14', '013', '+13', '13.0', '0x0d', '1e1', '255', '13, 13', '13, 8', 'x'];

const extensions: readonly (readonly [name: string, list: string])[] = [
  ['nothing', ''],
  ['a comma', ','],
  ['a parameter of no extension', '; a=1'],
  ['a parameter without a name', 'foo; =1'],
  ['a parameter without a value', 'foo; a='],
  ['an empty parameter', 'foo;;a'],
  ['two tokens', 'foo bar'],
  ['one that is good and one that is not', 'foo, b@r'],
  ['one that is not good and one that is', 'b@r, foo'],
  ['a quote without end', 'foo; a="1'],
  ['a quoted value that is no token', 'foo; a="1 2"'],
  ['a character that no token has', 'foo@bar'],
];

/** An upgrade that must be refused, and how. */
export const refused: readonly (readonly [name: string, status: number, request: string])[] = [
  ['4.2.1 HTTP/1.0', 400, request().replace('HTTP/1.1', 'HTTP/1.0')],
  ['4.2.1 HTTP/0.9', 400, request().replace('HTTP/1.1', 'HTTP/0.9')],
  ['4.2.1 HTTP/2.0', 400, request().replace('HTTP/1.1', 'HTTP/2.0')],
  ['4.2.1 no Host', 400, request({ Host: undefined })],
  ['4.2.1 two Hosts', 400, also('Host: evil.example')],
  ['4.2.1 the same Host twice', 400, also('Host: chat.example')],
  ...['POST', 'DELETE', 'OPTIONS', 'PATCH'].map(
    (method) => [`4.2.1 the method ${method}`, 400, upgradeRequest(PATH, {}, method)] as const,
  ),
  ['4.2.1 a method in lower case', 400, upgradeRequest(PATH, {}, 'get')],
  ['4.2.1 Upgrade without Connection', 426, request({ Connection: undefined })],
  ['4.2.1 Connection: keep-alive', 426, request({ Connection: 'keep-alive' })],
  ['4.2.1 Connection without Upgrade', 426, request({ Upgrade: undefined })],
  ...['websockets', 'xwebsocket', 'web socket', 'websocket/13', 'h2c', '"websocket"'].map(
    (upgrade) => [`4.2.1 Upgrade: ${upgrade}`, 426, request({ Upgrade: upgrade })] as const,
  ),
  ...keys.map(([name, key]) => [`4.2.1 a key ${name}`, 400, request({ [KEY]: key })] as const),
  ['11.3.1 two keys', 400, also(`${KEY}: AAAAAAAAAAAAAAAAAAAAAA==`)],
  ['11.3.1 the same key twice', 400, also(`${KEY}: dGhlIHNhbXBsZSBub25jZQ==`)],
  ...versions.map((version) => [`4.4 the version ${version}`, 426, request({ [VERSION]: version })] as const),
  ['11.3.5 two versions', 426, also(`${VERSION}: 8`)],
  ...extensions.map(([name, list]) => [`9.1 extensions: ${name}`, 400, also(`${EXTENSIONS}: ${list}`)] as const),
  ...['', ',', 'a b', 'hubbub.v1,hubbub.v1', 'hubbub.v1;q=1', 'hubbub.v1/1', 'hübbub'].map(
    (list) => [`4.1 subprotocols: ${list}`, 400, also(`${PROTOCOL}: ${list}`)] as const,
  ),
  ['4.2.1 a body', 400, `${also('Content-Length: 5')}hello`],
  ['4.2.1 a body in chunks', 400, `${also('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
  ['4.2.1 lines that end in LF alone', 400, request().replaceAll('\r\n', '\n')],
  ['4.2.1 a line that ends in CR alone', 400, request().replace('Upgrade\r\n', 'Upgrade\r')],
  ['4.2.1 a header folded into two lines', 400, request({ Upgrade: '\r\n websocket' })],
  ['4.2.1 a blank before the colon', 400, request().replace('Upgrade: ', 'Upgrade : ')],
  ['4.2.1 a blank before the first header', 400, request().replace('Host:', ' Host:')],
];

function reversed(text: string): string {
  const [first = '', ...lines] = text.trimEnd().split('\r\n');
  return `${[first, ...lines.reverse()].join('\r\n')}\r\n\r\n`;
}
