import { describe, expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { TOKEN_NEEDED } from '../../../src/domain/errors.js';
import { ManualClock } from '../../support/manual-clock.js';
import { base64url, check, claims, EXPIRED, INVALID, NOW, SECRET, sign } from './tokens.js';
import { createHmac } from 'node:crypto';

const clock = new ManualClock();
const auth = jwtAuth({ secret: SECRET, clock });

async function authenticate(changes: Readonly<Record<string, unknown>>): Promise<unknown> {
  return check(auth, await sign(claims(changes)));
}

/** Signs text as it stands, which need not be what JSON.stringify makes. */
function signText(payload: string | Buffer): string {
  const text = `${base64url({ alg: 'HS256' })}.${Buffer.from(payload).toString('base64url')}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

describe('a good token', () => {
  it('says who its user is and when it ends, and restricts nothing', async () => {
    expect(await authenticate({ name: 'Ada Lovelace' })).toStrictEqual({
      user: { id: 'ada', name: 'Ada Lovelace' },
      issuedAt: 0,
      expiresAt: (NOW + 3600) * 1000,
    });
    expect(await authenticate({ iat: NOW - 60 })).toMatchObject({ issuedAt: (NOW - 60) * 1000 });
  });

  it('is the same user whatever name and session came along', async () => {
    const token = await sign(claims());
    const identity = await auth.authenticate({ token, name: 'Eve', session: 'abcdefghijklmnopqrstuv' });
    expect(identity).toStrictEqual({ user: { id: 'ada', name: 'ada' }, issuedAt: 0, expiresAt: (NOW + 3600) * 1000 });
  });

  it('is needed', async () => {
    const refusal = { status: 401, code: 'unauthorized', message: TOKEN_NEEDED };
    expect(await check(auth, undefined)).toStrictEqual(refusal);
  });
});

describe('the end of a token', () => {
  it.each([
    ['missing', undefined],
    ['null', null],
    ['text', `${NOW + 3600}`],
    ['later than any date', 8_640_000_000_001],
  ])('that is %s is no end', async (_name, exp) => {
    expect(await authenticate({ exp })).toStrictEqual(INVALID);
  });

  it('that JSON reads as infinite is no end', async () => {
    expect(await check(auth, signText('{"sub":"ada","exp":1e999}'))).toStrictEqual(INVALID);
    expect(await check(auth, signText('{"sub":"ada","exp":1790003600}'))).toHaveProperty('user');
  });

  it.each([[NOW], [NOW - 1], [NOW - 4], [NOW - 3600], [0], [-1], [NOW - 0.001]])('%d is over', async (exp) => {
    expect(await authenticate({ exp })).toStrictEqual(EXPIRED);
  });

  it('is exact to the millisecond, as expiresAt says', async () => {
    const moving = new ManualClock();
    const own = jwtAuth({ secret: SECRET, clock: moving });
    const token = await sign(claims({ exp: NOW + 1.5 }));
    expect(await check(own, token)).toHaveProperty('expiresAt', moving.now() + 1500);
    moving.advance(1499);
    expect(await check(own, token)).toHaveProperty('expiresAt', moving.now() + 1);
    moving.advance(1);
    expect(await check(own, token)).toStrictEqual(EXPIRED);
  });

  it('goes by the machine when no clock is given', async () => {
    const real = jwtAuth({ secret: SECRET });
    const seconds = Math.floor(Date.now() / 1000);
    expect(await check(real, await sign(claims({ exp: seconds + 3600 })))).toHaveProperty('user');
    expect(await check(real, await sign(claims({ exp: seconds - 1 })))).toStrictEqual(EXPIRED);
  });
});

describe.each(['nbf', 'iat'])('%s', (claim) => {
  it('may be up to 5 s ahead of our clock', async () => {
    expect(await authenticate({ [claim]: NOW - 3600 })).toHaveProperty('user');
    expect(await authenticate({ [claim]: NOW + 5 })).toHaveProperty('user');
    expect(await authenticate({ [claim]: NOW + 6 })).toStrictEqual(INVALID);
  });

  it('must be a number', async () => {
    expect(await authenticate({ [claim]: `${NOW}` })).toStrictEqual(INVALID);
    expect(await authenticate({ [claim]: null })).toStrictEqual(INVALID);
  });
});

describe('issuer and audience', () => {
  const strict = jwtAuth({ secret: SECRET, issuer: 'https://id.test', audience: 'chat', clock });
  const good = { iss: 'https://id.test', aud: 'chat' };

  it.each([[{}], [{ aud: ['mail', 'chat'] }]])('are as configured: %j', async (changes) => {
    expect(await check(strict, await sign(claims({ ...good, ...changes })))).toHaveProperty('user');
  });

  it.each([
    [{ iss: undefined }],
    [{ iss: 'https://id.test/' }],
    [{ iss: 'https://ID.test' }],
    [{ iss: ['https://id.test'] }],
    [{ iss: null }],
    [{ aud: undefined }],
    [{ aud: 'mail' }],
    [{ aud: 'chatter' }],
    [{ aud: [] }],
    [{ aud: ['mail', ['chat']] }],
    [{ aud: { chat: true } }],
  ])('are not %j', async (changes) => {
    expect(await check(strict, await sign(claims({ ...good, ...changes })))).toStrictEqual(INVALID);
  });

  it('are not looked at unless configured', async () => {
    expect(await authenticate({ iss: 'anybody', aud: 'anything' })).toHaveProperty('user');
  });
});

describe('the user', () => {
  it.each([['a'], ['x'.repeat(255)], ['😀'.repeat(255)], ['auth0|5f7c8ec7c33c6c004bbafe82'], ['guest'], ['Zoë 1']])(
    'may be %s',
    async (sub) => {
      expect(await authenticate({ sub })).toHaveProperty('user.id', sub);
    },
  );

  it.each([
    [undefined],
    [null],
    [''],
    [42],
    [true],
    [['ada']],
    [{ id: 'ada' }],
    ['guest-'],
    ['guest-V1StGXR8_Z5jdHi6B-myTg'],
    ['x'.repeat(256)],
    ['😀'.repeat(256)],
    ['ada\n'],
    ['a\u0000b'],
    ['a\u007Fb'],
    ['a\u0085b'],
    ['a\u2028b'],
    ['a\u202Eb'],
    ['ada\u200B'],
    // Letters and marks that show nothing.
    ['ada\u3164'],
    ['ada\uFE0F'],
    ['ada\u034F'],
    ['\u115F'],
    ['ada\u{E0100}'],
    ['a\uD800b'],
    ['a\uFFFDb'],
  ])('is never %j', async (sub) => {
    expect(await authenticate({ sub })).toStrictEqual(INVALID);
  });

  it('is never text of bad UTF-8', async () => {
    const payload = Buffer.from(`{"sub":"ad?","exp":${NOW + 3600}}`);
    expect(await check(auth, signText(payload))).toHaveProperty('user.id', 'ad?');
    payload[payload.indexOf('?')] = 0xff;
    expect(await check(auth, signText(payload))).toStrictEqual(INVALID);
  });

  it.each([['[]'], ['null'], ['"ada"'], ['{"sub":"ada"'], ['']])('is not in %s', async (payload) => {
    expect(await check(auth, signText(payload))).toStrictEqual(INVALID);
  });
});

describe('the name', () => {
  it.each([undefined, null])('is the id, cut to a name, where it is %j', async (name) => {
    const id = 'e\u0301'.repeat(100);
    expect(await authenticate({ sub: id, name })).toHaveProperty('user', { id, name: 'é'.repeat(64) });
  });

  it.each([
    ['Zoe\u0308', 'Zoe\u0308'],
    ['a\u202Eb', 'a\u202Eb'],
    ['', ''],
    [7, ''],
    [['Ada'], ''],
  ])('is not judged here: %j', async (name, passedOn) => {
    expect(await authenticate({ name })).toHaveProperty('user', { id: 'ada', name: passedOn });
  });
});

describe('the claim chat', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => `room${index}`);

  it.each([
    [{}],
    [{ join: ['team-*', 'lobby'], publish: ['lobby'], global: false }],
    [{ join: [], publish: ['*'], global: true }],
    [{ join: [`${'x'.repeat(128)}*`, 'x'.repeat(128)] }],
    [{ join: hundred }],
    [{ publish: ['Zürich:1#a@b._-*'] }],
  ])('is taken: %j', async (chat) => {
    expect(await authenticate({ chat })).toHaveProperty('permissions', chat);
  });

  it.each([
    [null],
    [[]],
    ['*'],
    [true],
    [{ publsh: ['lobby'] }],
    [{ join: ['lobby'], admin: true }],
    [JSON.parse('{"__proto__":{"join":[]}}')],
    [{ join: 'lobby' }],
    [{ join: null }],
    [{ publish: { 0: 'lobby', length: 1 } }],
    [{ join: [...hundred, 'one-more'] }],
    [{ join: ['lobby', 7] }],
    [{ publish: [''] }],
    [{ publish: ['lobby', '**'] }],
    [{ join: ['a*b'] }],
    [{ join: ['*a'] }],
    [{ join: ['a**'] }],
    [{ join: ['-team*'] }],
    [{ join: ['a?'] }],
    [{ join: ['[ab]*'] }],
    [{ join: ['e\u0301*'] }],
    [{ join: ['x'.repeat(129)] }],
    [{ join: [`${'x'.repeat(129)}*`] }],
    [{ join: ['lobby\n'] }],
    [{ global: 'false' }],
    [{ global: 0 }],
    [{ global: null }],
  ])('makes the token invalid: %j', async (chat) => {
    expect(await authenticate({ chat })).toStrictEqual(INVALID);
  });
});
