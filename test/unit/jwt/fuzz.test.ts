import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { base64url, check, claims, EXPIRED, INVALID, NOW, SECRET, sign } from './tokens.js';

const clock = new ManualClock();
const auth = jwtAuth({ secret: SECRET, clock });

/** Half of the time a value of the kind that is expected, otherwise any. */
function mostly<T>(expected: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary: expected }, { weight: 1, arbitrary: fc.jsonValue() });
}

const patterns = fc.array(fc.oneof(fc.constantFrom('*', 'lobby', 'team-*', '**'), fc.string()), { maxLength: 3 });
const payload = fc.record(
  {
    sub: mostly(fc.string({ unit: 'binary' })),
    exp: mostly(fc.oneof(fc.integer({ min: NOW - 10, max: NOW + 10 }), fc.double())),
    nbf: mostly(fc.integer({ min: NOW - 10, max: NOW + 10 })),
    iat: mostly(fc.double()),
    name: mostly(fc.string({ unit: 'binary' })),
    chat: mostly(fc.record({ join: mostly(patterns), publish: mostly(patterns), global: mostly(fc.boolean()) }, {})),
  },
  { requiredKeys: ['sub', 'exp'] },
);
const header = fc.record(
  {
    alg: fc.oneof({ weight: 5, arbitrary: fc.constant('HS256') }, { weight: 1, arbitrary: fc.jsonValue() }),
    kid: mostly(fc.string()),
    typ: fc.jsonValue(),
    crit: fc.jsonValue(),
    jku: fc.jsonValue(),
  },
  { requiredKeys: ['alg'] },
);

/** What holds of every answer, whatever was asked. */
function judge(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || !('user' in answer)) {
    expect([INVALID, EXPIRED]).toContainEqual(answer);
    return;
  }
  expect(answer).toMatchObject({
    user: { id: expect.stringMatching(/^(?!guest-)[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\uFFFD]{1,255}$/u) },
    expiresAt: expect.toSatisfy((end: unknown) => typeof end === 'number' && end > clock.now()),
  });
}

describe('whatever is signed', () => {
  it('is a user with an end, or refused in the same words', async () => {
    await fc.assert(
      fc.asyncProperty(header, payload, async (head, body) => {
        const text = `${base64url(head)}.${base64url(body)}`;
        judge(await check(auth, `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('whatever is not signed', () => {
  it('is refused: any text', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.base64String().map((part) => `${part}.e30.${part}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect(await check(auth, token)).toStrictEqual(INVALID);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused: a good token with any one character changed', async () => {
    const token = await sign(claims());
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é';
    // The last digit of a signature of 32 bytes has two bits that mean nothing.
    const place = fc.nat(token.length - 2);
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(...digits), async (at, digit) => {
        const changed = token.slice(0, at) + digit + token.slice(at + 1);
        if (changed !== token) expect(await check(auth, changed)).toStrictEqual(INVALID);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused: JSON nested as deep as a token is long', async () => {
    const deep = `{"alg":${'['.repeat(3000)}${']'.repeat(3000)}}`;
    expect(await check(auth, `${base64url(deep)}.e30.AAAA`)).toStrictEqual(INVALID);
    const text = `${base64url({ alg: 'HS256' })}.${base64url(`{"sub":"ada","chat":${deep.slice(7)}`)}`;
    const signature = createHmac('sha256', SECRET).update(text).digest('base64url');
    expect(await check(auth, `${text}.${signature}`)).toStrictEqual(INVALID);
  });
});
