import { createHmac, type KeyObject } from 'node:crypto';
import { SECRET } from '../jwt.js';
import { upgradeRequest } from '../raw-websocket.js';

type Json = Readonly<Record<string, unknown>>;
type Key = string | Buffer;

const PATH = '/api/chat-api/ws';
const HS256: Json = { alg: 'HS256' };
const now = Math.floor(Date.now() / 1000);
const CLAIMS: Json = { sub: 'mallory', name: 'Mallory', iat: now, exp: now + 3600 };

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs anything at all; a text stands as it is for the JSON of a part. */
export function signed(header: unknown, claims: unknown, secret: Key = SECRET): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A token that is good but for these claims; one that is `undefined` is left out. */
function claiming(claims: Json): string {
  return signed(HS256, { ...CLAIMS, ...claims });
}

/** A header that somebody else's key could come by, over claims and a signature that are good. */
function headed(header: Json): string {
  return signed({ ...HS256, ...header }, CLAIMS);
}

const good = claiming({});
const [head = '', body = '', signature = ''] = good.split('.');
const none = (alg: unknown, end = ''): string => `${part({ alg })}.${body}.${end}`;

/** Signed by somebody, or by nobody. */
const signatures: readonly string[] = [
  ...['another secret of no less than 32 bytes', '', 'secret', 'undefined', SECRET.slice(1), SECRET.toUpperCase()].map(
    (secret) => signed(HS256, CLAIMS, secret),
  ),
  ...['none', 'None', 'NONE', 'nOnE', '', null, 1, ['HS256'], undefined].flatMap((alg) => [
    none(alg),
    none(alg, 'AA'),
    none(alg, signature),
  ]),
  ...['HS384', 'HS512', 'hs256', 'RS256', 'ES256', 'EdDSA', 'PS256', 'dir', '__proto__', 'constructor'].map((alg) =>
    signed({ alg }, CLAIMS),
  ),
  `${head}.${part({ ...CLAIMS, sub: 'admin' })}.${signature}`,
  `${body}.${head}.${signature}`,
  `${head}.${signature}.${body}`,
];

/** Cut, extended, or something else altogether. */
const shapes: readonly string[] = [
  '',
  '.',
  '..',
  '...',
  'x',
  'null',
  'undefined',
  'true',
  '{}',
  '*',
  'canary-of-a-token',
  'Bearer',
  ...[1, 2, 10, signature.length - 1, signature.length, signature.length + 1].map((end) => good.slice(0, -end)),
  ...[1, 5, head.length, head.length + 1].map((start) => good.slice(start)),
  ...['A', '.', '.x', '=', '==', '.x.y', `.${good}`, good, ' x', '\u0000', '%00', ',', ';'].map((end) => good + end),
  ...['.', ' .', '"', "'", 'Bearer ', '\ufeff', 'x', '{', '['].map((start) => start + good),
  `${head}..${signature}`,
  `.${body}.${signature}`,
  `${head}.${body}=.${signature}`,
  `${head}.${body}.${signature.slice(0, 20)}.${signature.slice(20)}`,
  ...['ä', '😀', '\u0435', '\uff41', '\u202e', '\u2028', 'e\u0301'].flatMap((odd) => [
    odd.repeat(20),
    good.slice(0, 30) + odd + good.slice(30),
  ]),
];

/** By which a token would bring its own key. */
function headers(trap: string): readonly string[] {
  const jwk = { kty: 'oct', k: part(SECRET), alg: 'HS256' };
  const members: readonly Json[] = [
    { jku: `${trap}/keys` },
    { jku: `${trap}/keys`, kid: 'mine' },
    { x5u: `${trap}/certificate` },
    { jwk },
    { jwk, jku: `${trap}/keys` },
    { x5c: ['MIIB'] },
    { crit: ['exp'], exp: now + 9 },
    { crit: [] },
    { crit: ['b64'], b64: true },
    { b64: false },
    { kid: 1 },
    { kid: null },
    { kid: { $ne: null } },
    { alg: 'ES256', jwk, kid: `${trap}/kid` },
    { alg: 'RS256', jku: `${trap}/keys` },
  ];
  return [...members.map(headed), ...['{', 'null', '[]', '"HS256"', '{"alg":"HS256"'].map((t) => signed(t, CLAIMS))];
}

/** Rightly signed, and wrong all the same. */
const claims: readonly string[] = [
  ...[now - 1, now - 3600, 0, -1, null, undefined, 'x', `${now + 3600}`, true, {}].map((exp) => claiming({ exp })),
  ...[now + 60, now + 1e6, 'x', null, {}].map((nbf) => claiming({ nbf })),
  ...[now + 60, now + 1e9, 'x', null].map((iat) => claiming({ iat })),
  ...[undefined, null, '', 1, {}, ['ada'], true, 'a\u0000', 'a\nb', '\u202ea', '\ud800', '\ufeff', 'x'.repeat(256)].map(
    (sub) => claiming({ sub }),
  ),
  ...['guest-', 'guest-V1StGXR8_Z5jdHi6B-myTg', 'guest-admin'].map((sub) => claiming({ sub })),
  ...[null, 1, '*', [], { join: '*' }, { join: [1] }, { join: ['a*b'] }, { join: ['*a'] }, { publish: ['[a]*'] }].map(
    (chat) => claiming({ chat }),
  ),
  ...[{ global: 'no' }, { global: 0 }, { joins: ['a'] }, { join: Array(101).fill('a') }, { join: ['a b'] }].map(
    (chat) => claiming({ chat }),
  ),
  ...['null', '[]', '1', '"mallory"', '{', '', '{"sub":"mallory"', '\ufeff{}'].map((text) => signed(HS256, text)),
  signed(HS256, `{"sub":"mallory","exp":1e400}`),
  signed(HS256, `{"__proto__":${JSON.stringify(CLAIMS)}}`),
  ...[8192, 14_000].map((size) => claiming({ pad: 'x'.repeat(size) })),
];

/** Every bad token there is. None may open anything where tokens are signed with {@link SECRET}. @param trap is asked by who follows a token */
export function badTokens(trap: string): readonly string[] {
  return [...signatures, ...shapes, ...headers(trap), ...claims];
}

/** A public key as everybody has it, taken for a secret. */
export function signedWithPublic(key: KeyObject, kid: string): readonly string[] {
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  const jwk = key.export({ format: 'jwk' });
  const secrets: readonly Key[] = [
    pem,
    pem.trim(),
    pem.replaceAll('\n', '\r\n'),
    key.export({ type: 'spki', format: 'der' }),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [jwk] }),
    ...[jwk.x, jwk.y, jwk.n].flatMap((text) => (text === undefined ? [] : [text, Buffer.from(text, 'base64url')])),
  ];
  return secrets.flatMap((secret) => [signed({ ...HS256, kid }, CLAIMS, secret), signed(HS256, CLAIMS, secret)]);
}

/** The bytes of UTF-8, for a request that is sent in Latin-1. */
const raw = (text: string): string => Buffer.from(text).toString('latin1');
const escaped = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '\ufffd'));

/** Where a token may be brought to the door. */
export const entries: Readonly<Record<string, (token: string) => string>> = {
  'the header': (token) => upgradeRequest(PATH, { Authorization: `Bearer ${raw(token)}` }),
  'the subprotocol': (token) => upgradeRequest(PATH, { 'Sec-WebSocket-Protocol': `hubbub.v1, bearer.${raw(token)}` }),
  'the query': (token) => upgradeRequest(`${PATH}?token=${escaped(token)}`),
};

/** What of a token may stand nowhere: the beginning and the end of each part that is long enough to be told. */
export function tracesOf(token: string): readonly string[] {
  const parts = token.split(/[^\w-]+/).filter(({ length }) => length >= 16);
  // The header of all HS256 tokens is nobody's secret, and no part of any answer either.
  return parts.flatMap((text) => [text.slice(0, 16), text.slice(-16)]);
}
