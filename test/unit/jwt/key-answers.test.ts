import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { KeyServer } from '../../../src/adapters/jwt/key-server.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import type { AuthPort, Identity } from '../../../src/ports/auth-port.js';
import type { Refusal } from '../../../src/ports/refusal.js';
import { ManualClock } from '../../support/manual-clock.js';
import { KeyHost } from './key-host.js';
import { away, check, listed, LONG, makePair, noteIn, type Pair } from './tokens.js';

const HOUR = 3_600_000;

let old: Pair;
let host: KeyHost;
let clock: ManualClock;
let lines: unknown[][];
let auth: AuthPort;

async function known(): Promise<Identity | Refusal> {
  return check(auth, await old.token(LONG));
}

beforeAll(async () => {
  old = await makePair('RS256', 'old');
});

beforeEach(async () => {
  host = await new KeyHost().start();
  clock = new ManualClock();
  lines = [];
  auth = jwtAuth({ jwksUrl: host.url, clock, logger: noteIn(lines) });
  host.serve(listed(old));
});

afterEach(() => host.stop());

describe('an answer that is no key set', () => {
  const big = JSON.stringify({ keys: [], pad: 'x'.repeat(1_048_576) });

  it.each<[string, Parameters<KeyHost['answer']>[0], string]>([
    ['a redirect', (response) => response.writeHead(302, { location: host.url }).end(), 'expected status 200, got 302'],
    ['a 404', (response) => response.writeHead(404).end('{"keys":[]}'), 'expected status 200, got 404'],
    ['a 201', (response) => response.writeHead(201).end('{"keys":[]}'), 'expected status 200, got 201'],
    ['a 204', (response) => response.writeHead(204).end(), 'expected status 200, got 204'],
    ['nothing', (response) => response.end(), 'expected JSON'],
    ['a page', (response) => response.end('<html>'), 'expected JSON'],
    ['bad UTF-8', (response) => response.end(Buffer.from('{"keys":[],"a":"\xff"}', 'latin1')), 'expected JSON'],
    ['null', (response) => response.end('null'), 'expected an object with a list of keys'],
    ['a list', (response) => response.end('[]'), 'expected an object with a list of keys'],
    ['an object', (response) => response.end('{"keys":{}}'), 'expected an object with a list of keys'],
    ['too much', (response) => response.end(big), 'expected at most 1048576 bytes'],
    [
      'too much, packed',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big)),
      'expected at most 1048576 bytes',
    ],
    [
      'half an answer',
      (response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
      'UND_ERR_SOCKET',
    ],
  ])('is %s: known keys stay, and without any it is a 503', async (_name, answer, cause) => {
    host.answer(answer);
    expect(await known()).toStrictEqual(away(5));
    expect(host.requests).toBe(1);
    expect(lines).toStrictEqual([['warn', 'jwks is away', { cause }]]);
    host.serve(listed(old));
    clock.advance(5000);
    expect(await known()).toHaveProperty('user');
    host.answer(answer);
    clock.advance(HOUR);
    expect(await known()).toHaveProperty('user');
    expect(lines.at(-1)).toStrictEqual(['warn', 'jwks is away', { cause }]);
  });

  it.each<[string, Parameters<KeyHost['answer']>[0]]>([
    ['never comes', () => undefined],
    ['never ends', (response) => void response.writeHead(200).write('{"keys":[')],
  ])('may be one that %s: it is waited for so long and no longer', async (_name, answer) => {
    host.answer(answer);
    const server = new KeyServer({ url: host.url, clock, logger: silentLogger, timeoutMs: 50 });
    const header: { alg: string; kid: string } = { alg: 'RS256', kid: 'old' };
    const token = { payload: '', signature: '' };
    await expect(server.key(header, token)).rejects.toMatchObject({ name: 'KeysAway', retryAfter: 5 });
    host.serve(listed(old));
    clock.advance(5000);
    expect(await server.key(header, token)).toHaveProperty('type', 'public');
  });

  it('without end is not read to the end', async () => {
    const gone = new Promise<void>((resolve) => {
      host.answer((response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', more).on('close', resolve).writeHead(200);
        more();
      });
    });
    expect(await known()).toStrictEqual(away(5));
    await gone;
  });
});
