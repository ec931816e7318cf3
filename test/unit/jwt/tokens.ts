import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  type KeyObject,
} from 'jose';
import type { AuthPort, Identity } from '../../../src/ports/auth-port.js';
import type { Refusal } from '../../../src/ports/refusal.js';
import type { Logger } from '../../../src/ports/system.js';
import { ManualClock } from '../../support/manual-clock.js';

export const SECRET = 'a secret of no less than 32 bytes';
/** When a {@link ManualClock} begins, in seconds. */
export const NOW = new ManualClock().now() / 1000;
/** For tokens that outlive what the tests do with the clock. */
export const LONG = { exp: NOW + 365 * 86_400 };
export const INVALID: Refusal = { status: 401, code: 'unauthorized', message: 'the token is not valid' };
export const EXPIRED: Refusal = { status: 401, code: 'unauthorized', message: 'the token has expired' };

/** The claims of a good token, some of them replaced; `undefined` takes one away. */
export function claims(changes: Readonly<Record<string, unknown>> = {}): JWTPayload {
  return { sub: 'ada', exp: NOW + 3600, ...changes };
}

export function sign(
  payload: JWTPayload,
  header: JWTHeaderParameters = { alg: 'HS256' },
  key: CryptoKey | KeyObject | JWK | Uint8Array = Buffer.from(SECRET),
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).sign(key);
}

export function base64url(value: string | object): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** What a client is told: the reason is for the log, and {@link reasonOf} has it. */
export async function check(auth: AuthPort, token: string | undefined): Promise<Identity | Refusal> {
  const answer = await auth.authenticate({ token, name: undefined, session: undefined });
  if (!('status' in answer)) return answer;
  const { reason: _forTheLog, ...said } = answer;
  return said;
}

/** What the log is told. */
export async function reasonOf(auth: AuthPort, token: string | undefined): Promise<string | undefined> {
  const answer = await auth.authenticate({ token, name: undefined, session: undefined });
  return 'status' in answer ? answer.reason : undefined;
}

/** A pair of keys, the public one as a key server lists it. */
export interface Pair {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  /** A good token, signed by it. */
  readonly token: (
    changes?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ) => Promise<string>;
}

export async function makePair(alg: string, kid: string, crv?: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...(crv && { crv }) });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    alg,
    kid,
    privateKey,
    jwk,
    token: (changes, header) => sign(claims(changes), { alg, kid, ...header }, privateKey),
  };
}

/** What whoever comes is told while nobody knows whether their token is good. */
export function away(retryAfter: number): Refusal {
  return { status: 503, code: 'unavailable', message: 'tokens can not be checked now, try again', retryAfter };
}

/** A key set, as a key server answers it. */
export function listed(...keys: readonly (Pair | object)[]): { keys: unknown[] } {
  return { keys: keys.map((key) => ('jwk' in key ? key.jwk : key)) };
}

/** A logger that keeps what it is told. */
export function noteIn(lines: unknown[][]): Logger {
  const note =
    (level: string): Logger['info'] =>
    (...line) =>
      lines.push([level, ...line]);
  return { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
}
