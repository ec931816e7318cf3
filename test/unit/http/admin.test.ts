import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpServer, HttpSurface, type AdminOptions } from '../../../src/adapters/http/index.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { listen } from './raw.js';

const KEY = 'correct-horse-battery-staple';
const ready = (): { ready: true } => ({ ready: true });

let server: ReturnType<typeof createHttpServer>;
let port: number;
let sentAway: string[];
let moments: unknown[];
let isHeard: boolean;

async function start(options: Partial<AdminOptions>, basePath = '/api/chat-api'): Promise<void> {
  const disconnect: AdminOptions['disconnect'] = (userId, { issuedBefore }) => {
    sentAway.push(userId);
    moments.push(issuedBefore);
    return Promise.resolve(isHeard);
  };
  const admin = { disconnect, ...options };
  const surface = new HttpSurface({
    basePath,
    readiness: ready,
    asyncApi: {},
    openApi: {},
    admin,
    logger: silentLogger,
  });
  server = createHttpServer(surface.listener);
  port = await listen(server);
}

function send(
  user: string,
  headers: Record<string, string> = {},
  method = 'POST',
  body?: RequestInit['body'],
): Promise<Response> {
  const url = `http://127.0.0.1:${port}/api/chat-api/users/${user}/disconnect`;
  return fetch(url, { method, headers, ...(body !== undefined && { body }) });
}

const withKey = { Authorization: `Bearer ${KEY}` };

beforeEach(() => {
  sentAway = [];
  moments = [];
  isHeard = true;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The same words whether the key is wrong or the pod has none. */
const REFUSED = {
  error: {
    code: 'unauthorized',
    message: 'expected Authorization: Bearer with the API_KEY of this pod; a pod without API_KEY takes none',
  },
};

describe('sending a user away over HTTP', () => {
  it.each([
    ['ada', 'ada'],
    ['guest-V1StGXR8_Z5jdHi6B-myTg', 'guest-V1StGXR8_Z5jdHi6B-myTg'],
    ['auth0%7C5f7c', 'auth0|5f7c'],
    ['a%2Fb', 'a/b'],
    ['%E8%AA%9E', '\u8a9e'],
    ['..%2F..', '../..'],
  ])('takes the user %s', async (segment, userId) => {
    await start({ apiKey: KEY });
    const response = await send(segment, withKey);
    expect([response.status, await response.json()]).toEqual([200, { disconnected: userId }]);
    expect(sentAway).toEqual([userId]);
  });

  it.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['another key', { Authorization: 'Bearer correct-horse-battery-stable' }],
    ['half the key', { Authorization: `Bearer ${KEY.slice(0, 14)}` }],
    ['more than the key', { Authorization: `Bearer ${KEY}x` }],
    ['an empty key', { Authorization: 'Bearer ' }],
    ['the key as a password', { Authorization: `Basic ${Buffer.from(`:${KEY}`).toString('base64')}` }],
    ['the key elsewhere', { 'X-Api-Key': KEY, Cookie: `key=${KEY}` }],
  ])('is refused with %s', async (_name, headers) => {
    await start({ apiKey: KEY });
    for (const method of ['POST', 'GET']) {
      const response = await send('ada', headers, method);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toEqual(REFUSED);
    }
    expect(sentAway).toEqual([]);
  });

  it.each(['', 'undefined', KEY])('is refused whatever the key, where none is set: %j', async (key) => {
    await start({});
    const response = await send('ada', { Authorization: `Bearer ${key}` });
    expect([response.status, await response.json()]).toEqual([401, REFUSED]);
    expect(sentAway).toEqual([]);
  });

  it.each(['%', '%ff', 'a'.repeat(256), '%00', 'a%0Ab', '%E2%80%AE'])(
    'refuses a user that is none: %s',
    async (user) => {
      await start({ apiKey: KEY });
      const response = await send(user, withKey);
      const error = { code: 'bad_request', message: 'a user id is 1 to 255 visible characters' };
      expect([response.status, await response.json()]).toEqual([400, { error }]);
      expect(sentAway).toEqual([]);
    },
  );

  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['{}', undefined],
    [' {"issuedBefore":1790000000000} ', 1_790_000_000_000],
    ['{"issuedBefore":0}', 0],
    [`{"issuedBefore":5${' '.repeat(1024 * 1024 - 18)}}`, 5],
  ])('takes the body %.40s', async (body, moment) => {
    await start({ apiKey: KEY });
    const response = await send('ada', withKey, 'POST', body);
    expect([response.status, await response.json()]).toEqual([200, { disconnected: 'ada' }]);
    expect([sentAway, moments]).toEqual([['ada'], [moment]]);
  });

  it.each<[string, RequestInit['body']]>([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a null', 'null'],
    ['a number', '1790000000000'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['an unknown key', '{"issuedBefore":1,"reason":"x"}'],
    ['a key that objects have by themselves', '{"__proto__":{"issuedBefore":1}}'],
    ...['"1"', 'null', '-1', '1.5', '1e300', '1e400', 'true', '{}', '[1]'].map((moment): [string, string] => [
      `the moment ${moment}`,
      `{"issuedBefore":${moment}}`,
    ]),
  ])('refuses a body with %s, and sends nobody away', async (_name, body) => {
    await start({ apiKey: KEY });
    const response = await send('ada', withKey, 'POST', body);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'bad_request' } }]);
    expect(sentAway).toEqual([]);
  });

  it('refuses a body of more than 1 MiB, with its length in front or in chunks', async () => {
    await start({ apiKey: KEY });
    const body = ' '.repeat(1024 * 1024 + 1);
    const chunks = new Blob([body]).stream();
    const chunked = { method: 'POST', headers: withKey, body: chunks, duplex: 'half' } as RequestInit;
    const url = `http://127.0.0.1:${port}/api/chat-api/users/ada/disconnect`;
    for (const response of [await send('ada', withKey, 'POST', body), await fetch(url, chunked)]) {
      expect([response.status, await response.json()]).toMatchObject([413, { error: { code: 'too_large' } }]);
    }
    expect(sentAway).toEqual([]);
  });

  it('says where the pods will not hear of it', async () => {
    await start({ apiKey: KEY });
    isHeard = false;
    const response = await send('ada', withKey);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('answers where sending away fails, and goes on', async () => {
    await start({ apiKey: KEY, disconnect: () => Promise.reject(new Error('broken')) });
    for (let n = 0; n < 2; n++) {
      const response = await send('ada', withKey);
      expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'internal' } }]);
    }
  });

  it('takes no other method, and no other path', async () => {
    await start({ apiKey: KEY });
    const response = await send('ada', withKey, 'GET');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    for (const path of ['users', 'users/ada', 'users//disconnect', 'users/ada/disconnect/', 'users/a/b/disconnect']) {
      const url = `http://127.0.0.1:${port}/api/chat-api/${path}`;
      expect((await fetch(url, { method: 'POST', headers: withKey })).status).toBe(404);
    }
    expect(sentAway).toEqual([]);
  });
});
