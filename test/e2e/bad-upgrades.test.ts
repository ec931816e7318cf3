import { setInterval } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attackedPod } from '../support/attacked-pod.js';
import { connectClient } from '../support/pods.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';

const PATH = '/api/chat-api/ws';
const pod = attackedPod();

async function knock(request: string): Promise<RawWebSocket> {
  const raw = await RawWebSocket.send(pod.port, request);
  onTestFinished(() => raw.reset());
  return raw;
}

const target = (query: string): string => `${PATH}?${query}`;
const withHeader = (line: string): string => upgradeRequest(PATH).replace('\r\n\r\n', `\r\n${line}\r\n\r\n`);

const refused: readonly (readonly [name: string, status: number, request: string])[] = [
  ['an unknown path', 404, upgradeRequest('/')],
  ['a path below', 404, upgradeRequest(`${PATH}/more`)],
  ['a path with a slash behind', 404, upgradeRequest(`${PATH}/?x`)],
  ['a path in other letters', 404, upgradeRequest(PATH.toUpperCase())],
  ['a path that is escaped', 404, upgradeRequest(PATH.replace('ws', '%77s'))],
  ['a path with dots', 404, upgradeRequest('/api/x/../chat-api/ws')],
  ['the path __proto__', 404, upgradeRequest('/__proto__')],
  ['no upgrade', 426, upgradeRequest(PATH, { Upgrade: undefined, Connection: undefined })],
  ['an upgrade to something else', 426, upgradeRequest(PATH, { Upgrade: 'h2c' })],
  ['an old version', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': '8' })],
  ['no version', 426, upgradeRequest(PATH, { 'Sec-WebSocket-Version': undefined })],
  ['no key', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': undefined })],
  ['a short key', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Key': 'c2hvcnQ=' })],
  ['another method', 400, upgradeRequest(PATH, {}, 'PUT')],
  ['a subprotocol list of nonsense', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': 'a,,b' })],
  ['another version of the subprotocol', 400, upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': 'hubbub.v9' })],
  ['a foreign origin', 403, upgradeRequest(PATH, { Origin: 'https://evil.example' })],
  ['an origin of nonsense', 403, upgradeRequest(PATH, { Origin: 'null' })],
  ['an empty name', 400, upgradeRequest(target('name='))],
  ['a long name', 400, upgradeRequest(target(`name=${'x'.repeat(65)}`))],
  ['a name with a control character', 400, upgradeRequest(target('name=a%00b'))],
  ['a name that turns the text round', 400, upgradeRequest(target('name=a%E2%80%AEb'))],
  ['two names', 400, upgradeRequest(target('name=a&name=b'))],
  ['a short session', 400, upgradeRequest(target('session=short'))],
  ['a session of strange characters', 400, upgradeRequest(target(`session=${'%2F'.repeat(30)}`))],
  ['two sessions', 400, upgradeRequest(target(`session=${'a'.repeat(22)}&session=${'a'.repeat(22)}`))],
  ['a header without a name', 400, withHeader(': value')],
  ['a header without a colon', 400, withHeader('garbage')],
  ['a header with a control character', 400, withHeader('X-A: a\u0001b\u0000c')],
  ['a header that goes on on the next line', 400, withHeader(' folded')],
  ['a body of two lengths', 400, withHeader('Content-Length: 1\r\nContent-Length: 2')],
  ['no HTTP', 400, 'hello\r\n\r\n'],
  ['a TLS hello', 400, '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
  ['an unknown HTTP version', 400, upgradeRequest(PATH).replace('HTTP/1.1', 'HTTP/9.9')],
  ['headers of 17 KiB', 431, withHeader(`X-A: ${'x'.repeat(17 * 1024)}`)],
  ['a query of 17 KiB', 431, upgradeRequest(target(`name=${'x'.repeat(17 * 1024)}`))],
];

describe('an upgrade is refused in plain HTTP', () => {
  it.each(refused)('%s: %i', async (_, status, request) => {
    const raw = await knock(request);
    const answer = await raw.response();
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    const body: unknown = JSON.parse(answer.body);
    expect(body).toEqual({ error: { code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) } });
    if (status !== 426 || request.includes('Sec-WebSocket-Version: 8')) await raw.ended();
  });

  it('too many connections of one user: 429', async () => {
    const session = 'a-guest-with-too-many-tabs';
    for (let n = 0; n < 50; n++) await connectClient(pod.port, { query: { session } });
    const raw = await knock(upgradeRequest(target(`session=${session}`)));
    const { status, headers } = await raw.response();
    expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  });
});

describe('what looks bad and is not', () => {
  it.each(['__proto__=1&constructor=2&toString=3&hasOwnProperty=4', '&&&=&=x&%&%zz', 'unknown=1', 'ROOM=a'])(
    'the query %s',
    async (query) => {
      const raw = await knock(upgradeRequest(target(query)));
      expect((await raw.response()).status).toBe(101);
      expect(JSON.parse(await raw.text())).toMatchObject({ type: 'welcome', data: { user: { name: 'Guest' } } });
    },
  );

  it('bad rooms in the query: an error each after the welcome, the good ones are joined', async () => {
    const client = await connectClient(pod.port, { rooms: ['constructor'], query: { room: '__proto__' } });
    expect(client.ofType('error').map(({ data, re }) => [data.code, re])).toEqual([['room_name', undefined]]);
    expect(client.ofType('ack').map(({ data }) => data['room'])).toEqual(['constructor']);
    await client.say('in', 'constructor');
    await client.hears('in', 'constructor');
  });
});

describe('who is slow', () => {
  it('with the headers of an upgrade is cut off after 10 s, whether silent or trickling', async () => {
    const request = upgradeRequest(PATH, { 'X-Slow': 'x'.repeat(1000) });
    const silent = await knock(request.slice(0, -20));
    const mute = await knock('');
    const trickling = await knock(request.slice(0, 20));
    const timers = setInterval(100);
    void (async () => {
      let at = 20;
      for await (const _ of timers) trickling.write(Buffer.from(request.charAt(at++)));
    })();
    onTestFinished(async () => void (await timers.return?.()));
    // Well before Node's own 30 s.
    const started = performance.now();
    for (const raw of [silent, trickling]) {
      expect((await raw.response()).status).toBe(408);
      await raw.ended();
    }
    await mute.ended();
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
