import { describe, expect, it } from 'vitest';
import { GuestAuth, guestId } from '../../../src/adapters/guest/guest-auth.js';

const auth = new GuestAuth();
const knock = { token: undefined, name: undefined, session: undefined };
const session = 'abcdefghijklmnopqrstuv';

describe('GuestAuth', () => {
  it('derives the user from the session', async () => {
    // printf %s 'hubbub guestabcdefghijklmnopqrstuv' | openssl dgst -sha256 -binary | basenc --base64url
    const id = 'guest-8ii5UR9f-bdjSGYZXD3sny';
    expect(guestId(session)).toBe(id);
    expect(await auth.authenticate({ ...knock, name: 'Ada', session })).toStrictEqual({
      user: { id, name: 'Ada' },
      session,
    });
  });

  it('makes a session where none came, another each time', async () => {
    const first = await auth.authenticate(knock);
    const second = await auth.authenticate({ ...knock, token: 'ignored' });
    if (!('user' in first) || !('user' in second)) throw new Error('a guest was refused');
    expect(first.session).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first.user).toStrictEqual({ id: guestId(first.session ?? ''), name: 'Guest' });
    expect(second.user.id).not.toBe(first.user.id);
    const again = await auth.authenticate({ ...knock, session: first.session });
    expect(again).toStrictEqual(first);
  });

  it.each([['x'.repeat(22)], ['x'.repeat(64)], ['A-z_0.9~'.repeat(3)]])('takes the session %s', async (good) => {
    expect(await auth.authenticate({ ...knock, session: good })).toMatchObject({ session: good });
  });

  it.each([[''], ['x'.repeat(21)], ['x'.repeat(65)], ['x y'.repeat(8)], ['é'.repeat(22)], [`${'x'.repeat(22)}\n`]])(
    'refuses the session %j without repeating it',
    async (bad) => {
      const refusal = await auth.authenticate({ ...knock, session: bad });
      expect(refusal).toStrictEqual({
        status: 400,
        code: 'bad_request',
        message: 'session: expected 22 to 64 URL-safe characters',
      });
    },
  );
});
