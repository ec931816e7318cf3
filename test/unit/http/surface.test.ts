import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createHttpServer,
  HttpSurface,
  readPage,
  type AdminOptions,
  type Readiness,
} from '../../../src/adapters/http/index.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { GUARDS } from '../../support/guards.js';
import { exchange, listen } from './raw.js';

function pageDirectory(files: Record<string, string>): URL {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-page-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return pathToFileURL(`${directory}/`);
}

const files = {
  'index.html': '<meta name="base-path" content="{{BASE_PATH}}">',
  'main.js': 'export {};',
  'main.js.map': '{}',
  'page.css': 'body {}',
  'icon.svg': '<svg/>',
};

let readiness: () => Readiness;
let admin: AdminOptions;
let server: ReturnType<typeof createHttpServer>;
let port: number;
const logged: unknown[] = [];

async function start(basePath: string): Promise<void> {
  const surface = new HttpSurface({
    basePath,
    readiness: () => readiness(),
    admin,
    asyncApi: { asyncapi: '3.0.0' },
    openApi: { openapi: '3.1.0' },
    page: readPage(pageDirectory(files), basePath),
    logger: { ...silentLogger, error: (event, fields) => void logged.push([event, fields]) },
  });
  server = createHttpServer(surface.listener);
  port = await listen(server);
}

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init);

beforeEach(() => {
  readiness = () => ({ ready: true });
  admin = { disconnect: () => Promise.resolve(false) };
  return start('/api/chat-api');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('what is served', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', '<meta name="base-path" content="/api/chat-api">'],
    ['/?room=lobby', 'text/html; charset=utf-8', '<meta name="base-path" content="/api/chat-api">'],
    ['/main.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/page.css', 'text/css; charset=utf-8', 'body {}'],
    ['/icon.svg', 'image/svg+xml', '<svg/>'],
    ['/livez', 'application/json; charset=utf-8', '{"live":true}'],
    ['/readyz', 'application/json; charset=utf-8', '{"ready":true}'],
    ['/api/chat-api/asyncapi.json', 'application/json; charset=utf-8', '{"asyncapi":"3.0.0"}'],
    ['/api/chat-api/openapi.json', 'application/json; charset=utf-8', '{"openapi":"3.1.0"}'],
  ])('%s', async (path, type, body) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
    const head = await get(path, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
    expect(await head.text()).toBe('');
  });

  it('is not sent again to who has it', async () => {
    const etag = (await get('/main.js')).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get('/main.js', { headers: { 'If-None-Match': known } });
      expect([response.status, await response.text()]).toStrictEqual([304, '']);
    }
    expect((await get('/main.js', { headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
  });

  it('may stand at the root', async () => {
    server.close();
    await start('');
    expect((await get('/openapi.json')).status).toBe(200);
    expect((await get('/ws')).status).toBe(426);
    expect(await (await get('/')).text()).toContain('content=""');
  });

  it('answers the whole URL that a proxy asks by', async () => {
    const found = await exchange(
      port,
      'GET http://chat.example/livez?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect([found.status, found.body]).toStrictEqual([200, '{"live":true}']);
  });
});

describe('readiness', () => {
  it('gives the reasons', async () => {
    readiness = () => ({ ready: false, reasons: ['redis is away', 'draining'] });
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toStrictEqual({ error: { code: 'not_ready', message: 'redis is away; draining' } });
    expect((await get('/livez')).status).toBe(200);
  });

  it('answers 500 where it fails, and tells the log', async () => {
    const cause = new Error('broken');
    readiness = () => {
      throw cause;
    };
    const response = await get('/readyz');
    expect([response.status, await response.json()]).toStrictEqual([
      500,
      { error: { code: 'internal', message: 'the server failed at this request' } },
    ]);
    expect(logged).toContainEqual(['http request failed', { cause }]);
  });
});

describe('what is refused', () => {
  it.each([
    '/nothing',
    '//',
    '/main.js.map',
    '/index.html',
    '/%6civez',
    '/../livez',
    '/api/chat-api',
    '/constructor',
    '/metrics',
  ])('404 for %s', async (path) => {
    const found = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect([found.status, found.headers.get('content-type')]).toStrictEqual([404, 'application/json; charset=utf-8']);
    expect(JSON.parse(found.body)).toStrictEqual({
      error: { code: 'not_found', message: 'nothing is served at this path' },
    });
  });

  it.each([
    ['/livez/', '/livez'],
    ['//livez', '/livez'],
    ['/LIVEZ', '/livez'],
    ['/api/chat-api/ws/', '/api/chat-api/ws'],
    ['/api//chat-api/ws?room=a', '/api/chat-api/ws'],
    ['/API/chat-api/WS', '/api/chat-api/ws'],
    ['//ws', '/api/chat-api/ws'],
    ['/ws', '/api/chat-api/ws'],
    ['/openapi.json', '/api/chat-api/openapi.json'],
    ['/api/chat-api/users/ada/disconnect/', '/api/chat-api/users/{id}/disconnect'],
  ])('404 for %s, with a hint at %s', async (path, hint) => {
    const found = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const message = `nothing is served at this path: did you mean ${hint}?`;
    expect([found.status, JSON.parse(found.body)]).toStrictEqual([404, { error: { code: 'not_found', message } }]);
  });

  it('426 for the WebSocket path without an upgrade', async () => {
    const found = await exchange(port, 'GET /api/chat-api/ws?room=a HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n');
    expect([found.status, found.headers.get('upgrade'), found.headers.get('connection')]).toStrictEqual([
      426,
      'websocket',
      'Upgrade',
    ]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('405 for %s', async (method) => {
    for (const path of ['/', '/livez', '/api/chat-api/ws']) {
      const response = await get(path, { method });
      expect([response.status, response.headers.get('allow')]).toStrictEqual([405, 'GET, HEAD']);
      expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
    }
  });

  it('does not wait for a body that nobody reads', async () => {
    const post = 'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx';
    const found = await exchange(port, post);
    expect([found.status, found.headers.get('connection')]).toStrictEqual([405, 'close']);
  });

  it('400 without a Host, but for HTTP/1.0', async () => {
    expect((await exchange(port, 'GET /livez HTTP/1.1\r\n\r\n')).status).toBe(400);
    expect((await exchange(port, 'GET /livez HTTP/1.0\r\n\r\n')).status).toBe(200);
  });
});

it.each(['1.0', '1.1'])('400 for several Host headers by HTTP/%s, whether they differ or not', async (version) => {
  for (const second of ['a', 'b', '']) {
    const found = await exchange(port, `GET /livez HTTP/${version}\r\nHost: a\r\nhost: ${second}\r\n\r\n`);
    const message = 'expected one Host header, got 2';
    expect([found.status, JSON.parse(found.body)]).toStrictEqual([400, { error: { code: 'bad_request', message } }]);
    expect(found.headers.get('connection')).toBe('close');
  }
});

it('guards every answer', async () => {
  for (const path of ['/', '/main.js', '/livez', '/nothing', '/api/chat-api/ws', '/api/chat-api/openapi.json']) {
    const { headers } = await get(path);
    for (const [name, value] of GUARDS) {
      if (path !== '/' || name !== 'content-security-policy') expect(headers.get(name)).toBe(value);
    }
    expect(headers.get('cache-control')).toMatch(/^no-(store|cache)$/);
  }
  // The page takes everything from where it comes from, and nothing else.
  const own = ['script', 'style', 'img', 'connect'].map((kind) => `${kind}-src 'self'`);
  const none = ['base-uri', 'form-action', 'frame-ancestors'].map((kind) => `${kind} 'none'`);
  const policy = (await get('/')).headers.get('content-security-policy')?.split('; ');
  expect(policy?.toSorted()).toEqual(["default-src 'none'", ...own, ...none].toSorted());
});

describe('readPage', () => {
  it('escapes the base path', () => {
    const page = readPage(pageDirectory(files), '/"><script>$&');
    expect(page.get('/')?.body.toString()).toBe('<meta name="base-path" content="/&#34;&#62;&#60;script&#62;$&#38;">');
  });

  it('says what is missing', () => {
    expect(() => readPage(pageDirectory({}), '')).toThrow(/index.html or main.js is missing in .*: run npm run build$/);
    expect(() => readPage(new URL('file:///nowhere/'), '')).toThrow(/npm run build/);
  });
});
