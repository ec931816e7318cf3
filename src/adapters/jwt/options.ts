import type { Clock, Logger } from '../../ports/system.js';

/** RFC 7518, 3.2: a key of HS256 is at least as long as its hash. */
const LEAST_SECRET_BYTES = 32;

/** Whose tokens are taken. Exactly one of `secret` and `jwksUrl` must be given. */
export interface JwtAuthOptions {
  /** What tokens are signed with by HS256: text, of which the UTF-8 bytes count, 32 or more of them. */
  readonly secret?: string;
  /**
   * Where the public keys are (a JSON Web Key Set): `https:`, or `http:` in a network that can be trusted. Fetched
   * when the first token comes, and again when it is used after 10 minutes.
   */
  readonly jwksUrl?: string;
  /** What a token's `iss` must be. Absent: not looked at. */
  readonly issuer?: string;
  /**
   * What a token's `aud` must be or contain. Absent: not looked at, and tokens for other services are taken too, ID tokens
   * as well, as `typ` is not looked at.
   */
  readonly audience?: string;
  /** @default the machine's clocks */
  readonly clock?: Clock;
  /** Told when the key server goes away and comes back; never of a token. @default silent */
  readonly logger?: Logger;
}

/** Where keys come from: the options, checked. */
export type KeySettings = { readonly secret: Uint8Array } | { readonly jwksUrl: string };

/**
 * @throws TypeError unless exactly one of `secret` and `jwksUrl` is given
 * @throws RangeError where a value can't work
 */
export function keySettingsOf({ secret, jwksUrl, issuer, audience }: JwtAuthOptions): KeySettings {
  if (issuer === '' || audience === '') throw new RangeError('jwtAuth: issuer and audience can not be empty');
  if (secret !== undefined && jwksUrl === undefined) return { secret: secretBytes(secret) };
  if (secret === undefined && jwksUrl !== undefined) return { jwksUrl: keyAddress(jwksUrl) };
  throw new TypeError('jwtAuth: expected exactly one of secret and jwksUrl');
}

function secretBytes(secret: string): Uint8Array {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length >= LEAST_SECRET_BYTES) return bytes;
  throw new RangeError(`jwtAuth: expected a secret of at least ${LEAST_SECRET_BYTES} bytes, got ${bytes.length}`);
}

/** The message does not repeat the address: it may hold a password. */
function keyAddress(jwksUrl: string): string {
  const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && isWeb && url.username === '' && url.password === '') return url.href;
  throw new RangeError('jwtAuth: expected jwksUrl to be an http or https URL without user and password');
}
