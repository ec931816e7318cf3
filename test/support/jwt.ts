import { SignJWT, type JWTPayload } from 'jose';

/** What the tokens of a test are signed with. */
export const SECRET = 'a secret of no less than 32 bytes';

/** A token of an hour for ada, some claims of which may be others, or which is signed by somebody else. */
export function token(claims: JWTPayload = {}, secret: string = SECRET): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: 'ada', name: 'Ada', iat: now, exp: now + 3600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
}
