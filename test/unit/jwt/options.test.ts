import { describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { check, claims, INVALID, NOW, SECRET, sign } from './tokens.js';
import { ManualClock } from '../../support/manual-clock.js';

const jwksUrl = 'http://127.0.0.1:1/keys';

describe('the options', () => {
  it.each([[{}], [{ secret: SECRET, jwksUrl }], [{ issuer: 'me' }]])('give one source of keys, not %j', (options) => {
    expect(() => jwtAuth(options)).toThrow(new TypeError('jwtAuth: expected exactly one of secret and jwksUrl'));
  });

  it('want a secret of 32 bytes, and do not repeat it', () => {
    const short = 'x'.repeat(31);
    const fault = new RangeError('jwtAuth: expected a secret of at least 32 bytes, got 31');
    expect(() => jwtAuth({ secret: short })).toThrow(fault);
    expect(() => jwtAuth({ secret: '' })).toThrow(RangeError);
    expect(() => jwtAuth({ secret: 'x'.repeat(32) })).not.toThrow();
    expect(() => jwtAuth({ secret: 'é'.repeat(16) })).not.toThrow();
  });

  it.each([
    ['nowhere'],
    ['file:///etc/keys'],
    ['ftp://id.test/'],
    ['https://me:pass@id.test/'],
    ['https://me@id.test/'],
  ])('want a web address of keys, not %s, and do not repeat it', (url) => {
    const message = 'jwtAuth: expected jwksUrl to be an http or https URL without user and password';
    expect(() => jwtAuth({ jwksUrl: url })).toThrow(new RangeError(message));
  });

  it.each([[{ issuer: '' }], [{ audience: '' }]])('are not empty: %j', (options) => {
    expect(() => jwtAuth({ secret: SECRET, ...options })).toThrow(RangeError);
  });

  it('mean the UTF-8 bytes of the secret', async () => {
    const secret = 'é'.repeat(16);
    const auth = jwtAuth({ secret, clock: new ManualClock() });
    const payload = claims({ exp: NOW + 1 });
    expect(await check(auth, await sign(payload, { alg: 'HS256' }, Buffer.from(secret)))).toHaveProperty('user');
    expect(await check(auth, await sign(payload))).toStrictEqual(INVALID);
  });
});
