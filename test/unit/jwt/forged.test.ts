import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { CompactEncrypt, exportJWK, exportSPKI, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import type { AuthPort } from '../../../src/ports/auth-port.js';
import { ManualClock } from '../../support/manual-clock.js';
import { KeyHost } from './key-host.js';
import { base64url, check, claims, INVALID, makePair, SECRET, sign, type Pair } from './tokens.js';

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clock = new ManualClock();
const host = new KeyHost();
/** Where forged headers point to: it must never be asked. */
const decoy = new KeyHost();
const pairs = new Map<string, Pair>();
const shared = jwtAuth({ secret: SECRET, clock });
let auth: AuthPort;

function pair(alg: string): Pair {
  const found = pairs.get(alg);
  if (!found) throw new Error(`no keys for ${alg}`);
  return found;
}

beforeAll(async () => {
  await host.start();
  await decoy.start();
  decoy.serve({ keys: [] });
  for (const alg of ALGORITHMS) pairs.set(alg, await makePair(alg, `kid of ${alg}`));
  host.serve({ keys: [...pairs.values()].map(({ jwk }) => jwk) });
});

beforeEach(() => {
  auth = jwtAuth({ jwksUrl: host.url, clock });
});

afterAll(async () => {
  expect(decoy.requests).toBe(0);
  await host.stop();
  await decoy.stop();
});

/** Signs with HS256 whatever the header says. */
function forge(header: object, payload: object, secret: string | Uint8Array): string {
  const text = `${base64url(header)}.${base64url(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('algorithms', () => {
  it.each(ALGORITHMS)('%s is taken with a key for it', async (alg) => {
    expect(await check(auth, await pair(alg).token())).toHaveProperty('user.id', 'ada');
  });

  it.each(ALGORITHMS)('%s is refused by a shared secret', async (alg) => {
    expect(await check(shared, await pair(alg).token())).toStrictEqual(INVALID);
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('%j is refused, with and without a signature', async (alg) => {
    const text = `${base64url({ alg, kid: 'kid of RS256' })}.${base64url(claims())}`;
    for (const token of [`${text}.`, text, `${text}.e30`, `${text}.AA`]) {
      expect(await check(auth, token)).toStrictEqual(INVALID);
      expect(await check(shared, token)).toStrictEqual(INVALID);
    }
  });

  it.each(['HS384', 'HS512'])('%s is refused, even with the secret', async (alg) => {
    const key = Buffer.from(SECRET.repeat(2));
    const long = jwtAuth({ secret: SECRET.repeat(2), clock });
    expect(await check(long, await sign(claims(), { alg: 'HS256' }, key))).toHaveProperty('user');
    expect(await check(long, await sign(claims(), { alg }, key))).toStrictEqual(INVALID);
  });

  it('HS256 is refused with the public key as the secret, in every form of it', async () => {
    const { jwk, kid } = pair('RS256');
    const key = await importJWK(jwk, 'RS256');
    if (key instanceof Uint8Array) throw new Error('expected a public key');
    const pem = await exportSPKI(key);
    const before = host.requests;
    for (const secret of [
      pem,
      pem.trim(),
      `${pem}\n`,
      JSON.stringify(jwk),
      jwk.n ?? '',
      Buffer.from(jwk.n ?? '', 'base64url'),
    ]) {
      expect(await check(auth, forge({ alg: 'HS256', kid }, claims(), secret))).toStrictEqual(INVALID);
    }
    expect(host.requests).toBe(before);
  });

  it('a shared secret in a key set is ignored', async () => {
    host.serve({ keys: [{ kty: 'oct', kid: 'shared', k: base64url(SECRET), alg: 'HS256' }] });
    const own = jwtAuth({ jwksUrl: host.url, clock });
    expect(await check(own, await sign(claims(), { alg: 'HS256', kid: 'shared' }))).toStrictEqual(INVALID);
    host.serve({ keys: [...pairs.values()].map(({ jwk }) => jwk) });
  });
});

describe('a key is used for what it is', () => {
  async function withKey(key: JWK, token: string): Promise<unknown> {
    host.serve({ keys: [key] });
    const answer = await check(jwtAuth({ jwksUrl: host.url, clock }), token);
    host.serve({ keys: [...pairs.values()].map(({ jwk }) => jwk) });
    return answer;
  }

  /** A key that names no algorithm of its own. */
  async function openKey(alg: string): Promise<{ key: JWK; token: (as: string) => Promise<string> }> {
    const { alg: _alg, use: _use, ...key } = pair(alg).jwk;
    const privateJwk = await exportJWK(pair(alg).privateKey);
    const token = async (as: string): Promise<string> =>
      sign(claims(), { alg: as, kid: pair(alg).kid }, await importJWK({ ...privateJwk }, as));
    return { key, token };
  }

  it('an RSA key for RS and PS of every size', async () => {
    const { key, token } = await openKey('RS256');
    for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']) {
      expect(await withKey(key, await token(alg))).toHaveProperty('user');
    }
  });

  it('one that names its algorithm for no other', async () => {
    const { key, token } = await openKey('RS256');
    expect(await withKey({ ...key, alg: 'RS256' }, await token('RS256'))).toHaveProperty('user');
    for (const alg of ['RS384', 'PS256']) {
      expect(await withKey({ ...key, alg: 'RS256' }, await token(alg))).toStrictEqual(INVALID);
    }
  });

  it('one of a curve for its curve alone', async () => {
    const { key, token } = await openKey('ES256');
    expect(await withKey(key, await token('ES256'))).toHaveProperty('user');
    const [, payload, signature] = (await token('ES256')).split('.');
    for (const alg of ['ES384', 'ES512', 'EdDSA', 'RS256', 'PS256', 'HS256', 'ES256K']) {
      const header = base64url({ alg, kid: 'kid of ES256' });
      expect(await withKey(key, `${header}.${payload}.${signature}`)).toStrictEqual(INVALID);
    }
  });

  it.each([[{ use: 'enc' }], [{ use: 'tls' }], [{ key_ops: ['sign'] }], [{ key_ops: ['encrypt'] }], [{ key_ops: [] }]])(
    'and for nothing where it says %j',
    async (limits) => {
      const { key, token } = await openKey('RS256');
      expect(await withKey({ ...key, ...limits }, await token('RS256'))).toStrictEqual(INVALID);
    },
  );

  it('for checking where it says so', async () => {
    const { key, token } = await openKey('ES256');
    expect(await withKey({ ...key, use: 'sig', key_ops: ['verify'] }, await token('ES256'))).toHaveProperty('user');
  });

  it('not when it is private: everybody has it', async () => {
    const { key, token } = await openKey('ES256');
    for (const d of ['AAAA', '']) expect(await withKey({ ...key, d }, await token('ES256'))).toStrictEqual(INVALID);
    const whole = await exportJWK(pair('ES256').privateKey);
    expect(await withKey({ ...whole, kid: key.kid ?? '' }, await token('ES256'))).toStrictEqual(INVALID);
  });

  it('not when it is an RSA key of 1,024 bits', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const text = `${base64url({ alg: 'RS256', kid: 'small' })}.${base64url(claims())}`;
    const token = `${text}.${signBytes('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    expect(await withKey({ ...(publicKey.export({ format: 'jwk' }) as JWK), kid: 'small' }, token)).toStrictEqual(
      INVALID,
    );
  });
});

describe('a header', () => {
  it.each([
    ['jku', () => ({ jku: decoy.url })],
    ['x5u', () => ({ x5u: decoy.url })],
    ['jwk', () => ({ jwk: pair('RS256').jwk })],
    ['x5c', () => ({ x5c: ['AAAA'] })],
    ['b64', () => ({ b64: true })],
    ['null', () => ({ jku: null })],
  ])('with %s is refused, though the signature is right', async (_name, extra) => {
    const { kid, privateKey } = pair('RS256');
    const before = host.requests;
    const header = { alg: 'RS256', kid, ...extra() };
    const text = `${base64url(header)}.${base64url(claims())}`;
    const bytes = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(text));
    expect(await check(auth, `${text}.${Buffer.from(bytes).toString('base64url')}`)).toStrictEqual(INVALID);
    expect(host.requests).toBe(before);
    expect(await check(shared, forge({ ...header, alg: 'HS256' }, claims(), SECRET))).toStrictEqual(INVALID);
  });

  it.each([
    [{ crit: ['b64'], b64: true }],
    [{ crit: ['b64'], b64: false }],
    [{ crit: ['exp'], exp: 1 }],
    [{ crit: ['urn:example'], 'urn:example': 1 }],
    [{ crit: [] }],
    [{ crit: 'b64' }],
    [{ b64: false }],
    [{ kid: 7 }],
    [{ kid: null }],
    [{ kid: ['a'] }],
  ])('%j is refused', async (extra) => {
    expect(await check(shared, forge({ alg: 'HS256', ...extra }, claims(), SECRET))).toStrictEqual(INVALID);
  });

  it('may say what has no meaning here', async () => {
    const header = { alg: 'HS256', typ: 'at+jwt', x5t: 'AAAA', kid: 'whatever' };
    expect(await check(shared, forge(header, claims(), SECRET))).toHaveProperty('user');
  });

  it.each([['null'], ['[]'], ['"HS256"'], ['{}'], ['{"alg":"HS256"'], ['{"alg":["HS256"]}'], ['{"alg":{}}']])(
    '%s is none',
    async (header) => {
      const text = `${base64url(header)}.${base64url(claims())}`;
      const signature = createHmac('sha256', SECRET).update(text).digest('base64url');
      expect(await check(shared, `${text}.${signature}`)).toStrictEqual(INVALID);
    },
  );
});

describe('a token that was tampered with', () => {
  it.each(['HS256', 'RS256', 'ES256', 'EdDSA'])('is refused: %s', async (alg) => {
    const judge = alg === 'HS256' ? shared : auth;
    const token = alg === 'HS256' ? await sign(claims()) : await pair(alg).token();
    expect(await check(judge, token)).toHaveProperty('user');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    const parts = [`${header}.${payload}`, `.${payload}.${signature}`, `${header}..${signature}`, '', '.', '..', '...'];
    const dots = [`${token}.`, `.${token}`, `${token}.${signature}`, `${token}..`, token.replace('.', '..')];
    const spaces = [` ${token}`, `${token} `, `${token}\n`, `${token}=`, `${token}==`, token.replace('.', '. ')];
    const others = [`Bearer ${token}`, `"${token}"`, `${token}\0`, `${token}é`, `é${token}`, '😀.😀.😀'];
    const cases = [token.toUpperCase(), token.toLowerCase(), token.split('.').toReversed().join('.')];
    const bad = [
      `${header}.${payload}.${flipped}`,
      `${header}.${base64url(claims({ sub: 'eve' }))}.${signature}`,
      `${base64url({ alg, kid: `kid of ${alg}`, typ: 'JWT' })}.${payload}.${signature}`,
      `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
      ...[1, 10, signature.length].map((cut) => token.slice(0, -cut)),
      ...parts.concat(dots, spaces, others, cases, token.replace('e', '\u0435')),
    ];
    for (const forged of bad) expect([forged, await check(judge, forged)]).toStrictEqual([forged, INVALID]);
  });

  it('is refused when another key of the same kind signed it', async () => {
    const { privateKey } = await makePair('RS256', 'kid of RS256');
    const token = await sign(claims(), { alg: 'RS256', kid: 'kid of RS256' }, privateKey);
    expect(await check(auth, token)).toStrictEqual(INVALID);
    expect(
      await check(shared, await sign(claims(), { alg: 'HS256' }, Buffer.from('another secret of 32 bytes ....'))),
    ).toStrictEqual(INVALID);
  });

  it('is refused when it is encrypted', async () => {
    const { jwk } = pair('RS256');
    const { alg: _alg, use: _use, ...open } = jwk;
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(await importJWK(open, 'RSA-OAEP-256'));
    expect(await check(auth, jwe)).toStrictEqual(INVALID);
    const direct = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' })
      .encrypt(Buffer.from(SECRET).subarray(0, 32));
    expect(await check(shared, direct)).toStrictEqual(INVALID);
  });
});

describe('a long token', () => {
  /** A good token of exactly so many characters. */
  async function long(length: number): Promise<string> {
    const short = await sign(claims({ pad: '' }));
    for (let pad = Math.floor((length - short.length) * 0.75) - 4; ; pad += 1) {
      const token = await sign(claims({ pad: 'x'.repeat(pad) }));
      if (token.length >= length) return token;
    }
  }

  it('is taken up to 8,192 characters', async () => {
    const longest = await long(8192);
    expect(longest).toHaveLength(8192);
    expect(await check(shared, longest)).toHaveProperty('user');
    expect(await check(shared, await long(8193))).toStrictEqual(INVALID);
  });

  it('is refused before it is looked at', async () => {
    const before = host.requests;
    for (const huge of [
      'x'.repeat(50_000_000),
      '.'.repeat(1_000_000),
      `${await pair('RS256').token()}${'A'.repeat(9000)}`,
    ]) {
      expect(await check(auth, huge)).toStrictEqual(INVALID);
    }
    expect(host.requests).toBe(before);
  });
});
