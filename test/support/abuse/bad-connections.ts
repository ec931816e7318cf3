import { BINARY, CLOSE, closePayload, frame, PING, TEXT, upgradeRequest } from '../raw-websocket.js';

const PATH = '/api/chat-api/ws';
const text = (payload: string | Uint8Array): Buffer => frame({ opcode: TEXT, payload });
const start = (payload: string): Buffer => frame({ opcode: TEXT, fin: false, payload });
const more = (payload: string): Buffer => frame({ opcode: 0, fin: false, payload });

/** Bytes that end a connection, by the close code. */
export const closing: Readonly<Record<number, readonly Uint8Array[]>> = {
  1002: [
    ...[1, 2, 4].map((rsv) => frame({ opcode: TEXT, rsv, payload: '{}' })),
    frame({ opcode: TEXT, masked: false, payload: '{"data":1}' }),
    ...[3, 5, 7, 11, 12, 15].map((opcode) => frame({ opcode })),
    frame({ opcode: PING, payload: 'x'.repeat(126) }),
    frame({ opcode: PING, fin: false }),
    frame({ opcode: 0, payload: 'x' }),
    Buffer.concat([start('{'), text('}')]),
    ...[0, 999, 1004, 1005, 1006, 2999, 5000].map((code) => frame({ opcode: CLOSE, payload: closePayload(code) })),
    frame({ opcode: CLOSE, payload: Buffer.from([3]) }),
  ],
  1003: [frame({ opcode: BINARY, payload: '{"data":1}' }), frame({ opcode: BINARY })],
  1007: [
    text(Buffer.from([0x7b, 0xc3, 0x28])),
    text(Buffer.from([0xed, 0xa0, 0x80])),
    text(Buffer.from([0xf4, 0x90, 0x80, 0x80])),
    frame({ opcode: CLOSE, payload: closePayload(1000, Buffer.from([0xff])) }),
  ],
  1008: [Buffer.concat([start('{'), ...Array.from({ length: 2000 }, () => more(' '))])],
  1009: [
    text(`{"data":"${'x'.repeat(65_526)}"}`),
    text(`{"data":"${'ä'.repeat(32_763)}"}`),
    Buffer.concat([start('x'.repeat(65_000)), more('x'.repeat(537))]),
    Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
  ],
};

const target = (query: string): string => upgradeRequest(`${PATH}?${query}`);
const changed = (headers: Readonly<Record<string, string | undefined>>): string => upgradeRequest(PATH, headers);
const withHeader = (line: string): string => upgradeRequest(PATH).replace('\r\n\r\n', `\r\n${line}\r\n\r\n`);

/** Requests that are refused, by the status. Entries with a token, a key or a user too many have their place here. */
export const refusedUpgrades: Readonly<Record<number, readonly string[]>> = {
  400: [
    changed({ 'Sec-WebSocket-Key': undefined }),
    changed({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }),
    upgradeRequest(PATH, {}, 'PUT'),
    changed({ 'Sec-WebSocket-Protocol': 'a,,b' }),
    changed({ 'Sec-WebSocket-Protocol': 'hubbub.v9' }),
    ...[
      'name=',
      `name=${'x'.repeat(65)}`,
      'name=a%00b',
      'name=a%E2%80%AEb',
      'name=a%0D%0AX-Forged:1',
      'name=a&name=b',
    ].map(target),
    ...['session=short', `session=${'%2F'.repeat(30)}`, `session=${'a'.repeat(22)}&session=${'a'.repeat(22)}`].map(
      target,
    ),
    ...[': value', 'garbage', 'X-A: a\u0001b\u0000c', ' folded', 'Content-Length: 1\r\nContent-Length: 2'].map(
      withHeader,
    ),
    'hello\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    upgradeRequest(PATH).replace('HTTP/1.1', 'HTTP/9.9'),
  ],
  403: [
    'https://evil.example',
    'null',
    'http://chat.example.evil.example',
    'http://chat.example:80',
    '*',
    'file://',
  ].map((origin) => changed({ Origin: origin })),
  404: ['/', `${PATH}/more`, `${PATH}/?x`, PATH.toUpperCase(), PATH.replace('ws', '%77s'), '/__proto__'].map((path) =>
    upgradeRequest(path),
  ),
  426: [
    changed({ Upgrade: undefined, Connection: undefined }),
    changed({ Upgrade: 'h2c' }),
    changed({ 'Sec-WebSocket-Version': '8' }),
    changed({ 'Sec-WebSocket-Version': undefined }),
  ],
  431: [withHeader(`X-A: ${'x'.repeat(17 * 1024)}`), target(`name=${'x'.repeat(17 * 1024)}`)],
};
