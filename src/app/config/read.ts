import { hasReadableUser, redisUrlProblem } from '../../adapters/redis/options.js';
import { isProxy } from '../../adapters/ws/client-address.js';
import type { SettingSchema } from './setting-schema.js';

type Read = (text: string, schema: SettingSchema) => unknown;
type Result = { readonly value: unknown } | { readonly fault: string };

/** Reads the text of some variables by a rule of their own; `undefined` where it is wrong. */
const own: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['REDIS_URL', redisUrl],
  ['JWKS_URL', keyServer],
  ['ALLOWED_ORIGINS', origins],
  ['TRUSTED_PROXIES', networks],
  ['BASE_PATH', basePath],
]);

/** Variables whose text is never shown, as it holds a password or may. */
const secret: ReadonlySet<string> = new Set(['REDIS_URL', 'JWT_SECRET', 'JWKS_URL', 'API_KEY']);

export function isSecret(name: string): boolean {
  return secret.has(name);
}

/** Turns a variable's text into its value, or into a line that names it, what came and what was expected. */
export function readSetting(name: string, text: string, schema: SettingSchema): Result {
  const value = parse(name, text, schema);
  if (value === undefined) {
    return {
      fault: `${name}: expected ${expectation(schema)}, got ${isSecret(name) ? hidden(name, text) : show(text)}`,
    };
  }
  return { value };
}

/** Says in words what the schema allows. */
export function expectation({ type, enum: values, minimum, maximum, expected }: SettingSchema): string {
  if (expected !== undefined) return expected;
  if (values) return values.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (type === 'boolean') return 'true or false';
  return `an integer from ${minimum} to ${maximum}`;
}

function parse(name: string, text: string, schema: SettingSchema): unknown {
  const read = own.get(name);
  if (read) return read(text, schema);
  if (schema.type === 'integer') return integer(text, schema);
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (schema.enum) return schema.enum.includes(text) ? text : undefined;
  return matching(text, schema);
}

/** As a prefix: the root is the empty one. */
function basePath(text: string, schema: SettingSchema): string | undefined {
  return text === '/' ? '' : matching(text, schema);
}

function matching(text: string, { pattern }: SettingSchema): string | undefined {
  return pattern === undefined || new RegExp(pattern).test(text) ? text : undefined;
}

/** Plain decimal digits alone: `8e3`, `0x50` and `080` are rather mistakes than numbers. */
function integer(text: string, { minimum = 0, maximum = Infinity }: SettingSchema): number | undefined {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const number = Number(text);
  return number >= minimum && number <= maximum ? number : undefined;
}

/** In its normal form: a client may take `REDISS://` for one without TLS, and would show the password to the network. */
function redisUrl(text: string): string | undefined {
  return redisUrlProblem(text) === undefined ? new URL(text).href : undefined;
}

/** By the rule of the one who uses them. */
function networks(text: string): readonly string[] | undefined {
  const list = text.split(',').map((one) => one.trim());
  return list.every(isProxy) ? list : undefined;
}

function keyServer(text: string): string | undefined {
  const url = parseUrl(text);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return url && isWeb && url.username === '' && url.password === '' ? url.href : undefined;
}

function origins(text: string): readonly string[] | undefined {
  if (text === '*') return ['*'];
  const list = text.split(',').map((one) => one.trim());
  return list.every(isOrigin) ? [...new Set(list)] : undefined;
}

/** Exact as browsers write it: a scheme, a host in lower case, a port unless it is the usual one, and nothing else. */
function isOrigin(text: string): boolean {
  const url = parseUrl(text);
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && url.origin === text && !text.includes('*');
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A URL that came to the wrong variable may hold a password as well. */
export function withoutPassword(text: string): string {
  return text.replace(/:\/\/[^]*@/, '://***@');
}

function show(text: string): string {
  const plain = withoutPassword(text);
  return JSON.stringify(plain.length > 100 ? `${plain.slice(0, 100)}...` : plain);
}

function hidden(name: string, text: string): string {
  if (name === 'REDIS_URL') return redisUrlProblem(text) ?? 'another one';
  const url = parseUrl(text);
  if (url && !hasReadableUser(url)) return 'one whose user or password is not percent-encoded (% is written %25)';
  const scheme = /^[a-z][a-z0-9+.-]{0,15}(?=:\/\/)/i.exec(text)?.[0];
  return scheme === undefined
    ? 'something else (not shown, it may hold a password)'
    : `another URL that begins with ${scheme}://`;
}
