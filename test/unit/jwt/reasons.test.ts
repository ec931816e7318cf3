import { expect, it } from 'vitest';
import { jwtAuth } from '../../../src/adapters/jwt/index.js';
import { ManualClock } from '../../support/manual-clock.js';
import { check, claims, EXPIRED, INVALID, NOW, reasonOf, SECRET, sign } from './tokens.js';

const auth = jwtAuth({ secret: SECRET, clock: new ManualClock(), issuer: 'https://id.test', audience: 'chat' });
const good = { iss: 'https://id.test', aud: 'chat' };
const by = (changes: Readonly<Record<string, unknown>>): Promise<string> => sign(claims({ ...good, ...changes }));

it.each<[string, () => Promise<string>]>([
  ['no token', async () => ''],
  ['format', async () => 'a.b'],
  ['format', async () => 'a.b.c'],
  ['too long', async () => 'x'.repeat(9000)],
  ['signature', () => sign(claims(good), { alg: 'HS256' }, Buffer.from('another secret of 32 bytes or so'))],
  ['algorithm', () => sign(claims(good), { alg: 'HS512' }, Buffer.alloc(64, 1))],
  ['header', () => sign(claims(good), { alg: 'HS256', jku: 'https://elsewhere.test/keys' })],
  ['claim iss', () => by({ iss: 'https://elsewhere.test' })],
  ['claim aud', () => by({ aud: 'another service' })],
  ['claim nbf', () => by({ nbf: NOW + 3600 })],
  ['claim iat', () => by({ iat: NOW + 3600 })],
  ['claim sub', () => by({ sub: 'guest-1' })],
  ['claim exp', () => by({ exp: undefined })],
  ['claim chat', () => by({ chat: { rooms: ['lobby'] } })],
])('%s: the log is told which fault, and the client the same words for all of them', async (reason, make) => {
  const token = (await make()) || undefined;
  expect(await reasonOf(auth, token)).toBe(reason);
  if (token !== undefined) expect(await check(auth, token)).toStrictEqual(INVALID);
});

it('the log is told that a token has expired', async () => {
  const token = await by({ exp: NOW - 60 });
  expect([await reasonOf(auth, token), await check(auth, token)]).toEqual(['expired', EXPIRED]);
});
