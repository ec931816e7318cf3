import { errors, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { AuthPort, Credentials, Identity } from '../../ports/auth-port.js';
import type { Refusal } from '../../ports/refusal.js';
import type { Clock } from '../../ports/system.js';
import { systemClock } from '../node/clock.js';
import { containedLogger } from '../../domain/contained-logger.js';
import { silentLogger } from '../node/silent-logger.js';
import { identityOf, TOLERANCE_S } from './claims.js';
import { KeyServer, KeysAway } from './key-server.js';
import { type JwtAuthOptions, keySettingsOf } from './options.js';
import { EXPIRED, invalid, keysAway, NO_TOKEN } from './refusals.js';

/** Looked at before anything else: a longer token costs no more than this. */
const MAX_TOKEN = 8192;
/** A signed token in its compact form; one that is encrypted has five parts. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const SHARED = ['HS256'];
// RFC 9864 calls EdDSA over Ed25519 by the name of its curve.
const PUBLIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** Headers by which a token would choose its own key, or asks for what we don't do. */
const REFUSED_HEADERS = ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64'];

/**
 * Checks bearer tokens that somebody else issues: JSON Web Tokens, signed with a shared secret or by a key of a key
 * server. Needs the claims `sub` (the user) and `exp`; reads `name` and `chat` (permissions).
 *
 * @example
 * ```ts
 * const auth = jwtAuth({ jwksUrl: 'https://id.test/jwks.json', issuer: 'https://id.test', audience: 'chat' });
 * ```
 *
 * @throws TypeError unless exactly one of `secret` and `jwksUrl` is given
 * @throws RangeError where the secret is shorter than 32 bytes or the URL is none
 */
export function jwtAuth(options: JwtAuthOptions): AuthPort {
  return new JwtAuth(options);
}

class JwtAuth implements AuthPort {
  readonly #clock: Clock;
  readonly #key: JWTVerifyGetKey;
  readonly #rules: JWTVerifyOptions;

  constructor(options: JwtAuthOptions) {
    const { issuer, audience, clock = systemClock, logger = silentLogger } = options;
    const settings = keySettingsOf(options);
    this.#clock = clock;
    this.#rules = {
      algorithms: 'secret' in settings ? SHARED : PUBLIC,
      clockTolerance: TOLERANCE_S,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
    if ('secret' in settings) {
      this.#key = () => settings.secret;
    } else {
      const server = new KeyServer({ url: settings.jwksUrl, clock, logger: containedLogger(logger) });
      this.#key = (header, token) => server.key(header, token);
    }
  }

  async authenticate({ token }: Credentials): Promise<Identity | Refusal> {
    if (token === undefined) return NO_TOKEN;
    if (token.length > MAX_TOKEN) return invalid('too long');
    if (!COMPACT.test(token)) return invalid('format');
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, this.#keyOf, { ...this.#rules, currentDate });
      return identityOf(payload, this.#clock.now());
    } catch (error) {
      if (error instanceof KeysAway) return keysAway(error.retryAfter);
      return error instanceof errors.JWTExpired ? EXPIRED : invalid(reasonOf(error));
    }
  }

  /** Called once the algorithm is known to be allowed, and before the signature is looked at. */
  readonly #keyOf: JWTVerifyGetKey = (header, token) => {
    const { kid }: { kid?: unknown } = header;
    const isOdd = REFUSED_HEADERS.some((name) => name in header) || (kid !== undefined && typeof kid !== 'string');
    if (isOdd) throw new RefusedHeader();
    return this.#key(header, token);
  };
}

/** A header that is refused whatever signed it. */
class RefusedHeader extends Error {}

/** Claims that a token is checked for: a name that is none of these was chosen by whoever made the token. */
const CLAIMS: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'nbf', 'iat']);

/** Which check failed. What jose throws holds the claims, so nothing else of it goes anywhere. */
function reasonOf(error: unknown): string {
  if (error instanceof RefusedHeader) return 'header';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'key';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'format';
  return CLAIMS.has(error.claim) ? `claim ${error.claim}` : 'claims';
}
