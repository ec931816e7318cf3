import { Redis } from 'ioredis';
import type { Script } from './scripts.js';

/** Reconnects are spread over this span, so that pods don't come back all at once, yet well within 3 s. */
const RETRY_MS = 300;
const CONNECT_TIMEOUT_MS = 2000;

/**
 * Opens a client that says what it can't do instead of queueing it: what waits for the broker is bounded by us. A
 * command that was sent when the connection broke is sent again, which is safe as scripts know their calls.
 */
export function connect(url: string, name: string): Redis {
  return new Redis(url, {
    connectionName: name,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => Math.random() * RETRY_MS,
  });
}

/** Runs a script by its digest, and by its text where Redis has not seen it yet. */
export async function run(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...args];
  try {
    return await redis.callBuffer('EVALSHA', script.sha, ...rest);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await redis.callBuffer('EVAL', script.source, ...rest);
  }
}

/** The items of a script's answer. */
export function asList(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new TypeError(`script: expected a list, got ${typeof reply}`);
}

/** Whether Redis itself refused a command: then it was not carried out. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
