import * as crypto from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHttpServer, HttpSurface } from '../../../src/adapters/http/index.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { listen } from './raw.js';

// The real one, watched: how long it takes can't be measured in a test, but what it is given can be seen.
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn<typeof real.timingSafeEqual>(real.timingSafeEqual) };
});

const KEY = 'correct-horse-battery-staple';
let server: ReturnType<typeof createHttpServer>;
let port: number;

beforeEach(async () => {
  const admin = { apiKey: KEY, disconnect: () => Promise.resolve(true) };
  const ready = (): { ready: true } => ({ ready: true });
  const parts = { basePath: '', asyncApi: {}, openApi: {}, admin, logger: silentLogger, readiness: ready };
  server = createHttpServer(new HttpSurface(parts).listener);
  port = await listen(server);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it.each([
  ['that begins like the right one', `${KEY.slice(0, -1)}f`],
  ['that ends like it', `x${KEY.slice(1)}`],
  ['of a character', 'x'],
  ['that is long', 'x'.repeat(8000)],
])('a key %s is compared to its end, and as long as every other', async (_name, key) => {
  const headers = { Authorization: `Bearer ${key}` };
  const compare = vi.mocked(crypto.timingSafeEqual);
  compare.mockClear();
  expect((await fetch(`http://127.0.0.1:${port}/users/ada/disconnect`, { method: 'POST', headers })).status).toBe(401);
  expect(compare.mock.calls.map(([given, known]) => [given.byteLength, known.byteLength])).toEqual([[32, 32]]);
});
