import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpServer, HttpSurface } from '../../../src/adapters/http/index.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { exchange, listen } from './raw.js';

const KEY = 'correct-horse-battery-staple';
const DISCONNECT = '/users/ada/disconnect';
let server: ReturnType<typeof createHttpServer>;
let port: number;
let sentAway: number;

beforeEach(async () => {
  sentAway = 0;
  const disconnect = (): Promise<boolean> => Promise.resolve(++sentAway > 0);
  const readiness = (): { ready: true } => ({ ready: true });
  const parts = { basePath: '', asyncApi: {}, openApi: {}, readiness, logger: silentLogger };
  server = createHttpServer(new HttpSurface({ ...parts, admin: { apiKey: KEY, disconnect } }).listener);
  port = await listen(server);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a page of another origin', () => {
  it.each([
    ['GET', '/livez'],
    ['GET', '/readyz'],
    ['GET', '/openapi.json'],
    ['GET', '/nothing'],
    ['OPTIONS', '/livez'],
    ['OPTIONS', DISCONNECT],
    ['POST', DISCONNECT],
  ])('is told by no header that it may read %s %s, and gets no cookie', async (method, path) => {
    const asks = 'Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n';
    const request = `${method} ${path} HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n${asks}`;
    const { status, headers } = await exchange(port, `${request}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    expect([...headers.keys()].filter((name) => /^access-control-|^set-cookie$/.test(name))).toEqual([]);
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    // A preflight that is not answered with success forbids what was to follow.
    if (method === 'OPTIONS') expect(status).toBeGreaterThanOrEqual(400);
    expect(sentAway).toBe(0);
  });
});
