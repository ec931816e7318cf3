import type { Logger } from '../../ports/system.js';
import { containedLogger } from '../../domain/contained-logger.js';
import { silentLogger } from '../node/silent-logger.js';
import type { Retention } from './channel-store.js';
import type { SubscribeMode } from './subscriber.js';

/** Below this most of a total would be overhead. */
export const LEAST_TOTAL = 1024 * 1024;

/** Settings of a broadcaster over Redis. */
export interface RedisBroadcasterOptions {
  /** `redis://` or, with TLS, `rediss://`; user, password and database as usual. */
  readonly url: string;
  /**
   * What the names of all keys and channels begin with. Pods that are to hear each other share it.
   *
   * @default 'realtime'
   */
  readonly prefix?: string;
  /**
   * `rooms` subscribes to the rooms that have members here; `pattern` to all at once, which costs every pod the traffic
   * of all rooms.
   *
   * @default 'rooms'
   */
  readonly subscribe?: SubscribeMode;
  /**
   * Messages kept a room. 0: none, and rooms are plain publish and subscribe.
   *
   * @default 100
   */
  readonly historySize?: number;
  /**
   * Bytes of messages kept a room; the newest message always stays.
   *
   * @default 1048576
   */
  readonly historyBytes?: number;
  /**
   * Bytes of Redis's memory that the stored messages of all rooms of the prefix may take, 1 MiB or more, exceeded by a
   * tenth at most. The room published to longest ago loses its messages first; rooms that somebody is in, on any pod, are
   * the last. The pods take turns, so give all of them the same. 0: any number.
   *
   * @default 0
   */
  readonly historyBytesTotal?: number;
  /**
   * How long messages are kept, in seconds from the room's last one.
   *
   * @default 86400
   */
  readonly historyTtlSeconds?: number;
  /** @default silent */
  readonly logger?: Logger;
}

/** The options with their defaults. */
export interface RedisSettings {
  readonly url: string;
  readonly prefix: string;
  readonly mode: SubscribeMode;
  readonly retention: Retention;
  readonly total: number;
  readonly logger: Logger;
}

/** @throws RangeError for a setting that can't work; it does not repeat the URL, which may hold a password */
export function settingsOf(options: RedisBroadcasterOptions): RedisSettings {
  const { url, prefix = 'realtime', subscribe: mode = 'rooms', logger = silentLogger } = options;
  const { historySize = 100, historyBytes = 1_048_576, historyTtlSeconds: historyTtl = 86_400 } = options;
  const { historyBytesTotal: total = 0 } = options;
  const problem = redisUrlProblem(url);
  const form = 'redis://[user:password@]host[:port][/database] or rediss://...';
  demand(problem === undefined, 'url', `${form}, got ${problem}`);
  demand(prefix !== '', 'prefix', 'a text that is not empty');
  demand(mode === 'rooms' || mode === 'pattern', 'subscribe', `'rooms' or 'pattern', got ${mode}`);
  whole('historySize', historySize, 0);
  whole('historyBytes', historyBytes, 1);
  whole('historyTtlSeconds', historyTtl, 1);
  if (total !== 0) whole('historyBytesTotal', total, LEAST_TOTAL);
  const retention = { historySize, historyBytes, historyTtl };
  return { url, prefix, mode, retention, total, logger: containedLogger(logger) };
}

/**
 * What is wrong with a URL of Redis, without repeating it; `undefined` if it is good. It says which Redis, and nothing
 * else: options in a query would take precedence over ours.
 */
export function redisUrlProblem(text: string): string | undefined {
  const scheme = /^\s*([a-z][a-z0-9+.-]{0,15}):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return 'something else (not shown, it may hold a password)';
  const another = `another URL that begins with ${scheme}://`;
  if (!/^rediss?$/i.test(scheme)) return another;
  // Each of these three ends the host, so an `@` behind one was meant to end the password.
  if (/:\/\/[^]*[/?#][^]*@/.test(text)) {
    return 'one whose user or password is not percent-encoded (/ is written %2F, # %23, ? %3F, @ %40)';
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.hostname === '') return `${another}: its host or port cannot be read`;
  if (!hasReadableUser(url)) return 'one whose user or password is not percent-encoded (% is written %25)';
  if (url.search !== '' || url.hash !== '') return `${another}: it has a ? or #, but options are not read from it`;
  if (!/^(\/\d{0,5})?$/.test(url.pathname)) return `${another}: its database is not a number of up to 5 digits`;
  return undefined;
}

/** Whether user and password are percent-encoded. */
export function hasReadableUser({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

function whole(name: string, value: number, least: number): void {
  demand(Number.isSafeInteger(value) && value >= least, name, `a whole number from ${least} on, got ${value}`);
}

function demand(isGood: boolean, name: string, expected: string): void {
  if (!isGood) throw new RangeError(`redisBroadcaster: expected ${name} to be ${expected}`);
}
