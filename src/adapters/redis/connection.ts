import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import { isSelectRefusal } from './errors.js';

/** Reconnects are spread over this span, so that pods don't come back all at once, yet well within 3 s. */
const RETRY_MS = 300;
const CONNECT_TIMEOUT_MS = 2000;
/** How long Redis may take to take leave. */
const DISCONNECT_TIMEOUT_MS = 200;
/** A command that is not answered within this time shows that the connection is dead, whatever TCP says. */
const SILENCE_MS = 2000;

/**
 * Opens a client that says what it can't do instead of queueing it: what waits for the broker is bounded by us. A
 * command that was sent when the connection broke is sent again, which is safe as scripts know their calls.
 */
export function connect(url: string, name: string): Redis {
  // In its normal form: ioredis takes `REDISS://` for one without TLS.
  const { href, protocol, hostname } = new URL(url);
  const isNamed = isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
  const redis = new Redis(href, {
    ...(protocol === 'rediss:' && isNamed && { tls: { servername: hostname } }),
    // One line less in what the user of an ACL needs, which differs between versions.
    disableClientInfo: true,
    connectionName: name,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => Math.random() * RETRY_MS,
  });
  // ioredis would go on in database 0, where the messages of another deployment may be.
  redis.on('error', (error) => isSelectRefusal(error) && redis.disconnect(true));
  return redis;
}

/** The items of a script's answer. */
export function asList(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new TypeError(`script: expected a list, got ${typeof reply}`);
}

/** An item of a script's answer that is text or a number. */
export function asText(reply: unknown): string {
  if (Buffer.isBuffer(reply)) return reply.toString();
  if (typeof reply === 'string' || typeof reply === 'number') return String(reply);
  throw new TypeError(`script: expected text, got ${typeof reply}`);
}

/** Whether it was Redis itself that did not carry a command out, for another reason than that it is another run by now. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !isUnknownScript(error);
}

/** Whether another program has written something else to a key: what else Redis is asked for has nothing to do with it. */
export function isSpoilt(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('WRONGTYPE');
}

/** Whether Redis does not know a script: it is another run of it, or somebody flushed its scripts. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
