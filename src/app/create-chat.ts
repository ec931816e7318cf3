import { GuestAuth } from '../adapters/guest/guest-auth.js';
import { JsonCodec } from '../adapters/json/codec.js';
import { memoryBroadcaster } from '../adapters/memory/index.js';
import { systemClock } from '../adapters/node/clock.js';
import { RandomIds } from '../adapters/node/ids.js';
import { ImmediateScheduler } from '../adapters/node/scheduler.js';
import { silentLogger } from '../adapters/node/silent-logger.js';
import { WsTransport, type AnyHttpServer } from '../adapters/ws/index.js';
import { containedLogger } from '../domain/contained-logger.js';
import { Hub, type HubHealth } from '../domain/hub.js';
import type { Limits } from '../domain/hub-options.js';
import type { DisconnectOptions } from '../domain/revocations.js';
import type { AuthPort } from '../ports/auth-port.js';
import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { ChatPort } from '../ports/chat-port.js';
import type { Hooks } from '../ports/hooks.js';
import type { Logger } from '../ports/system.js';
import { checkLimits } from './check-limits.js';
import { loadConfig } from './config.js';
import { hubOptions } from './settings.js';
import { closeClients } from './stop.js';

/** Milliseconds over which clients come back after {@link Chat.close}, unless it is told otherwise. */
const RECONNECT_WITHIN_MS = 10_000;

/** {@link Limits}, and those of the WebSocket transport. */
export interface ChatLimits extends Limits {
  /**
   * Bytes waiting for one client at which it is closed (4008), 655360 or more.
   * @default 4194304
   */
  readonly sendBufferBytes: number;
}

export interface ChatOptions extends Hooks {
  /**
   * Carries messages between pods. The chat starts and closes it.
   * @default memoryBroadcaster() this pod alone, in memory
   */
  readonly broadcaster?: BroadcastPort;
  /** Checks the tokens that clients bring. Without it tokens are not looked at, and everybody is a guest. */
  readonly auth?: AuthPort;
  /**
   * Whether a client without a token is refused (401). Needs {@link auth}.
   * @default false
   */
  readonly authRequired?: boolean;
  /**
   * Exact origins of browsers that may connect, such as `https://chat.example.com`; `*` for all. A client that sends no
   * `Origin` is no browser, and passes.
   * @default [] the host of the request alone
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Milliseconds between two pings to a client; one that misses one is closed (4012). 0: none.
   * @default 30000
   */
  readonly heartbeatMs?: number;
  /** Limits that differ from their defaults. */
  readonly limits?: Partial<ChatLimits>;
  /**
   * Addresses, and networks such as `10.0.0.0/8`, of proxies whose `X-Forwarded-For` tells where a client comes from.
   * @default [] none: the address of the socket counts
   */
  readonly trustedProxies?: readonly string[];
  /** @default silent */
  readonly logger?: Logger;
}

/** A chat, mounted on servers that are the caller's. */
export interface Chat {
  /**
   * Settled when the broadcaster has been started, or after 2 s where its broker is away: it is waited for, and clients
   * are answered 503 meanwhile. Rejects where the settings can't work.
   */
  readonly ready: Promise<void>;
  /** Whether clients are served: for a readiness probe. */
  readonly health: HubHealth;
  /**
   * What a transport calls: for one of your own, beside {@link attach} or in its place. {@link close} tells its clients
   * too, so stop it after that.
   */
  readonly port: ChatPort;
  /**
   * Closes the connections of a user, on all pods within 2 s, with 4403, and lets no token in that was issued to them
   * before now, or up to 5 s later, because clocks differ. With `issuedBefore` it concerns only tokens issued before that
   * moment, so that the user can log in again at once; connections with a later token stay. Guests, who have no token,
   * are always closed.
   *
   * Resolves with `false` if the broker is away and the other pods will not hear of it. Rejects with a RangeError if
   * nobody can have this id (1 to 255 visible characters), or if `issuedBefore` is not a whole number of milliseconds
   * since 1970.
   *
   * @example Log out everywhere
   * const issuedBefore = Date.now();
   * await chat.disconnect('ada', { issuedBefore });
   */
  disconnect(userId: string, options?: DisconnectOptions): Promise<boolean>;
  /**
   * Serves a path's WebSocket upgrades. Other routes and upgrade listeners of the server are left alone.
   *
   * @throws Error where a chat serves this path of the server already, and after {@link close}
   */
  attach(server: AnyHttpServer, options: { readonly path: string }): void;
  /**
   * Finishes what is under way, tells each client to come back after a random delay of up to `reconnectWithinMs` (10,000
   * by default), closes them with 1012, as at a deploy, then the broadcaster. The servers stay open.
   */
  close(options?: { readonly reconnectWithinMs?: number }): Promise<void>;
}

/**
 * Makes a chat to be mounted beside a user's own routes.
 *
 * @throws TypeError where `authRequired` comes without `auth`
 * @throws RangeError where a limit, `heartbeatMs` or an entry of `trustedProxies` makes no sense, or a rate is set beside
 *   `rateLimit: 0`, which switches it off
 * @example
 * const server = http.createServer(routes);
 * const chat = createChat({ onMessage: (connection, message) => message });
 * chat.attach(server, { path: '/api/chat-api/ws' });
 * server.listen(8001);
 */
export function createChat(options: ChatOptions = {}): Chat {
  const { auth, authRequired = false, broadcaster = memoryBroadcaster() } = options;
  const logger = containedLogger(options.logger ?? silentLogger);
  if (authRequired && !auth) {
    throw new TypeError('createChat: authRequired needs auth, an AuthPort that checks tokens');
  }
  const defaults = loadConfig({});
  const { allowedOrigins = [], heartbeatMs = defaults.HEARTBEAT_MS, limits = {} } = options;
  checkLimits(limits);
  const settings = { ...hubOptions(defaults), ...limits, allowedOrigins, heartbeatMs };
  const hub = new Hub(
    {
      broadcaster,
      codec: new JsonCodec(),
      clock: systemClock,
      ids: new RandomIds(systemClock),
      scheduler: new ImmediateScheduler(),
      logger,
      hooks: options,
      keepers: { guests: new GuestAuth(), authRequired, ...(auth && { auth }) },
    },
    settings,
  );
  const { messageBytes } = settings;
  const { trustedProxies = [] } = options;
  const { sendBufferBytes = defaults.SEND_BUFFER_BYTES } = limits;
  const transport = new WsTransport(hub, {
    messageBytes,
    sendBufferBytes,
    heartbeatMs,
    trustedProxies,
    logger,
    refusals: hub.refusals,
  });
  const ready = hub.start();
  // Who does not wait for it reads it in the log.
  ready.catch((cause: unknown) => logger.error('the broadcaster could not start', { cause }));
  return {
    ready,
    port: hub,
    get health() {
      return hub.health;
    },
    disconnect: (userId, which) => hub.disconnect(userId, which),
    attach: (server, mount) => transport.attach(server, mount),
    async close({ reconnectWithinMs = RECONNECT_WITHIN_MS } = {}) {
      await closeClients(hub, transport, 1012, reconnectWithinMs);
      await hub.close();
    },
  };
}
