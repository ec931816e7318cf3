import type { Redis } from 'ioredis';

/** Redis is reachable, but it is not what Hubbub needs. The message holds nothing private: `/readyz` shows it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Also said of a Redis that names its mode before it refuses anything. */
export const CLUSTER =
  'this Redis runs in cluster mode, which Hubbub does not support: use one without it (cluster-enabled no), with replicas if you like';
const NO_TLS = 'nobody answers TLS at this port: if it speaks none, use redis://, or the port of Redis that does';
const TLS = 'this port closes a connection without TLS: if it speaks TLS, use rediss://';

/** What Redis, TLS and the network say, and what it means. Redis's own words may name users and keys; these do not. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b|not allowed in cluster mode/, CLUSTER],
  [/^(WRONGPASS|NOAUTH)\b|invalid password/, 'Redis rejects the user or password of the URL'],
  [/^NOPERM\b|^ERR ACL failure|can't run this command/, 'the user of the URL lacks a right: see docs/redis.md'],
  [/^READONLY\b/, 'the URL leads to a replica: name the primary'],
  [/^OOM\b/, 'Redis has reached its maxmemory'],
  [/max number of clients/, 'Redis accepts no more connections: raise its maxclients'],
  [/certificate/, 'the certificate of Redis is not trusted, or is not for this host: see TLS in docs/redis.md'],
  [/wrong version number|packet length too long|before secure TLS connection/, NO_TLS],
  // The first byte of a TLS alert.
  [/^Protocol error, got "\\u0015"/, TLS],
];

/**
 * Says what a failure means and what to do about it; `undefined` if it shows no more than that Redis is away.
 *
 * @param redis the client that failed, if it failed as a whole
 */
export function meaningOf(cause: unknown, redis?: Redis): string | undefined {
  if (cause instanceof SetupError) return cause.message;
  const words = cause instanceof Error ? cause.message : String(cause);
  if (isSelectRefusal(cause)) return meaningOfSelect(cause, words);
  const known = MEANINGS.find(([pattern]) => pattern.test(words))?.[1];
  return known ?? (redis && meaningOfSilence(cause, redis));
}

interface SelectRefusal extends Error {
  readonly command: { readonly name: string; readonly args: readonly unknown[] };
}

/** Whether Redis refused the URL's database. The client ignores that and stays in database 0, so it must not be used. */
export function isSelectRefusal(cause: unknown): cause is SelectRefusal {
  return cause instanceof Error && 'command' in cause && Object(cause.command).name === 'select';
}

function meaningOfSelect({ command }: SelectRefusal, words: string): string {
  if (/cluster mode/.test(words)) return CLUSTER;
  const database = `database ${String(command.args[0])}`;
  if (/^NOPERM\b/.test(words)) return `the user of the URL may not SELECT ${database}: grant +select, or leave it out`;
  return `Redis refuses ${database} of the URL: name one below its setting \`databases\`, or leave it out`;
}

/** A Redis without TLS waits for the end of a line in a TLS hello; one with TLS resets a connection that begins without. */
function meaningOfSilence(cause: unknown, { status, options }: Redis): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (options.tls !== undefined) return code === 'ETIMEDOUT' ? NO_TLS : undefined;
  return code === 'ECONNRESET' && status === 'connect' ? TLS : undefined;
}
