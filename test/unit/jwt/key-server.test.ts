import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import type { AuthPort, Identity } from '../../../src/ports/auth-port.js';
import type { Refusal } from '../../../src/ports/refusal.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { KeyHost } from './key-host.js';
import { away, check, claims, INVALID, listed, LONG, makePair, noteIn, sign, type Pair } from './tokens.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let old: Pair;
let young: Pair;
let host: KeyHost;
let clock: ManualClock;
let lines: unknown[][];
let auth: AuthPort;

async function by(pair: Pair): Promise<Identity | Refusal> {
  return check(auth, await pair.token(LONG));
}

/** A token of a key that nobody has heard of, signed by one that is known. */
function unknown(kid: string): Promise<string> {
  return old.token(LONG, { kid });
}

beforeAll(async () => {
  old = await makePair('RS256', 'old');
  young = await makePair('RS256', 'young');
});

beforeEach(async () => {
  host = await new KeyHost().start();
  clock = new ManualClock();
  lines = [];
  auth = jwtAuth({ jwksUrl: host.url, clock, logger: noteIn(lines) });
  host.serve(listed(old));
});

afterEach(() => host.stop());

describe('the keys of a server', () => {
  it('are fetched when the first token comes, and used from then on', async () => {
    expect(host.requests).toBe(0);
    for (let count = 0; count < 20; count++) expect(await by(old)).toHaveProperty('user');
    clock.advance(9 * MINUTE);
    expect(await by(old)).toHaveProperty('user');
    expect(host.requests).toBe(1);
  });

  it('are fetched once for all who wait', async () => {
    host.hold();
    const token = await old.token();
    const answers = Promise.all(Array.from({ length: 200 }, () => check(auth, token)));
    await eventually(() => host.requests, 1);
    host.release();
    for (const answer of await answers) expect(answer).toHaveProperty('user');
    expect(host.requests).toBe(1);
  });

  it('are not asked for because of a token that no key could save', async () => {
    await check(auth, 'a.b.c');
    await check(auth, await sign(claims()));
    expect(host.requests).toBe(0);
  });

  it('may be a thousand', async () => {
    const keys = Array.from({ length: 999 }, (_, index) => ({ ...young.jwk, kid: `young ${index}` }));
    host.serve(listed(...keys, old));
    expect(await by(old)).toHaveProperty('user');
    expect(await check(auth, await young.token(LONG, { kid: 'young 998' }))).toHaveProperty('user');
    expect(await check(auth, await young.token(LONG, { kid: 'young 999' }))).toStrictEqual(INVALID);
  });

  it('are good among bad ones', async () => {
    const { n: _n, ...noModulus } = old.jwk;
    const bad = [null, 7, 'key', [], {}, { kty: 7 }, { kty: 'oct', k: 'AAAA' }, noModulus, { ...old.jwk, e: 7 }];
    const odd = [
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'old' },
      { ...young.jwk, n: '!', kid: ['old'] },
    ];
    host.serve({ keys: [...bad, ...odd, old.jwk] });
    expect(await by(old)).toHaveProperty('user');
    // None of the bad ones is another that would fit.
    const { kid: _kid, alg: _alg, ...anonymous } = noModulus;
    host.serve({ keys: [anonymous, ...bad, ...odd, old.jwk] });
    auth = jwtAuth({ jwksUrl: host.url, clock });
    expect(await check(auth, await sign(claims(), { alg: 'RS256' }, old.privateKey))).toHaveProperty('user');
  });

  it('fit a token without kid if there is but one of its kind', async () => {
    const curve = await makePair('ES256', 'curve');
    const token = await sign(claims(LONG), { alg: 'RS256' }, old.privateKey);
    host.serve(listed(old, curve));
    expect(await check(auth, token)).toHaveProperty('user');
    clock.advance(11 * MINUTE);
    host.serve(listed(old, curve, young));
    await by(old);
    await eventually(() => check(auth, token), INVALID);
    const before = host.requests;
    clock.advance(MINUTE);
    expect(await check(auth, token)).toStrictEqual(INVALID);
    expect(host.requests).toBe(before);
  });
});

describe('keys that change', () => {
  it('come at once with the first token that names them, even right after a fetch', async () => {
    expect(await by(old)).toHaveProperty('user');
    host.serve(listed(old, young));
    expect(await by(young)).toHaveProperty('user');
    expect(await by(old)).toHaveProperty('user');
    expect(host.requests).toBe(2);
  });

  it('go as soon as the server was asked again, and not before', async () => {
    host.serve(listed(old, young));
    expect(await by(old)).toHaveProperty('user');
    host.serve(listed(young));
    clock.advance(9 * MINUTE);
    expect(await by(old)).toHaveProperty('user');
    expect(host.requests).toBe(1);
    clock.advance(2 * MINUTE);
    // Old keys serve this one while new ones are on their way.
    host.hold();
    expect(await by(old)).toHaveProperty('user');
    await eventually(() => host.requests, 2);
    expect(await by(old)).toHaveProperty('user');
    expect(host.requests).toBe(2);
    host.release();
    await eventually(() => by(old), INVALID);
    expect(await by(young)).toHaveProperty('user');
  });

  it('are not believed after a long silence before the server was asked', async () => {
    expect(await by(old)).toHaveProperty('user');
    host.serve(listed(young));
    clock.advance(21 * MINUTE);
    expect(await by(old)).toStrictEqual(INVALID);
  });

  it('are all gone when the list is empty', async () => {
    expect(await by(old)).toHaveProperty('user');
    host.serve(listed());
    clock.advance(21 * MINUTE);
    expect(await by(old)).toStrictEqual(INVALID);
  });
});

describe('keys that nobody has heard of', () => {
  it('cost at most two fetches, a thousand at once or one by one', async () => {
    const tokens = await Promise.all(Array.from({ length: 1000 }, (_, index) => unknown(`k${index}`)));
    for (const answer of await Promise.all(tokens.map((token) => check(auth, token)))) {
      expect(answer).toStrictEqual(INVALID);
    }
    for (const token of tokens) expect(await check(auth, token)).toStrictEqual(INVALID);
    expect(host.requests).toBeLessThanOrEqual(2);
    expect(await by(old)).toHaveProperty('user');
    expect(host.requests).toBeLessThanOrEqual(2);
  });

  it('cost one more after 30 s, and not before', async () => {
    await by(old);
    await check(auth, await unknown('a'));
    const before = host.requests;
    clock.advance(29_999);
    await check(auth, await unknown('b'));
    expect(host.requests).toBe(before);
    clock.advance(1);
    for (let count = 0; count < 100; count++) await check(auth, await unknown(`c${count}`));
    expect(host.requests).toBe(before + 1);
  });

  it('delay a new key by no more than that', async () => {
    await by(old);
    await check(auth, await unknown('a'));
    host.serve(listed(old, young));
    expect(await by(young)).toStrictEqual(INVALID);
    clock.advance(30_000);
    expect(await by(young)).toHaveProperty('user');
  });

  it('cost no more while the server is away, and are no verdict', async () => {
    await by(old);
    host.serve('', 500);
    const before = host.requests;
    for (let count = 0; count < 100; count++) {
      expect(await check(auth, await unknown(`k${count}`))).toStrictEqual(away(30));
    }
    expect(host.requests).toBe(before + 1);
    expect(await by(old)).toHaveProperty('user');
  });
});

describe('a server that is away', () => {
  it('at the start is no fault of the token, and is asked again after 5 s', async () => {
    const { port } = host;
    await host.stop();
    expect(await by(old)).toStrictEqual(away(5));
    clock.advance(1500);
    expect(await by(old)).toStrictEqual(away(4));
    host = new KeyHost();
    host.serve(listed(old));
    await host.start(port);
    expect(await by(old)).toStrictEqual(away(4));
    expect(host.requests).toBe(0);
    clock.advance(3500);
    expect(await by(old)).toHaveProperty('user');
    expect(lines).toStrictEqual([
      ['warn', 'jwks is away', { cause: 'ECONNREFUSED' }],
      ['info', 'jwks is back'],
    ]);
  });

  it('is not needed for a day, and is told of once', async () => {
    expect(await by(old)).toHaveProperty('user');
    const { port } = host;
    await host.stop();
    for (let hour = 0; hour < 24; hour++) {
      clock.advance(HOUR);
      expect(await by(old)).toHaveProperty('user');
      await eventually(() => lines.length, 1);
    }
    // What it may have taken back long ago must not live for ever.
    clock.advance(1);
    expect(await by(old)).toHaveProperty('status', 503);
    host = new KeyHost();
    host.serve(listed(old));
    await host.start(port);
    clock.advance(MINUTE);
    expect(await by(old)).toHaveProperty('user');
    expect(lines.map(([, event]) => event)).toStrictEqual(['jwks is away', 'jwks is back']);
  });

  it('delays nobody who has a known key', async () => {
    expect(await by(old)).toHaveProperty('user');
    host.serve('', 503);
    clock.advance(HOUR);
    expect(await by(old)).toHaveProperty('user');
    expect(lines).toHaveLength(1);
    clock.advance(MINUTE);
    host.hold();
    expect(await by(old)).toHaveProperty('user');
    await eventually(() => host.requests, 3);
    // The answer that nobody waited for is heard all the same.
    host.serve(listed(young));
    host.release();
    await eventually(() => by(old), INVALID);
    expect(host.requests).toBe(4);
  });

  it('is asked again in the background every 30 s', async () => {
    expect(await by(old)).toHaveProperty('user');
    host.serve('', 503);
    clock.advance(HOUR);
    await by(old);
    expect(host.requests).toBe(2);
    clock.advance(29_000);
    for (let count = 0; count < 50; count++) await by(old);
    expect(host.requests).toBe(2);
    clock.advance(1000);
    host.serve(listed(young));
    await by(old);
    await eventually(() => by(old), INVALID);
    expect(host.requests).toBe(4);
  });
});

describe('what is said of a token', () => {
  it('is never the token', async () => {
    const kid = 'k-very-secret';
    const token = await old.token({ ...LONG, sub: 'guest-very-secret', chat: { 'very-secret': 1 } }, { kid });
    const answers = [await check(auth, token), await check(auth, await old.token({ sub: 'guest-very-secret' }))];
    await host.stop();
    clock.advance(HOUR);
    answers.push(await check(auth, token));
    expect(JSON.stringify([answers, lines])).not.toContain('very-secret');
    for (const part of token.split('.')) expect(JSON.stringify([answers, lines])).not.toContain(part);
    expect(lines).toHaveLength(1);
  });
});
