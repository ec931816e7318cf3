import { GuestAuth } from '../adapters/guest/guest-auth.js';
import { JsonCodec } from '../adapters/json/codec.js';
import { memoryBroadcaster } from '../adapters/memory/index.js';
import { systemClock } from '../adapters/node/clock.js';
import { RandomIds } from '../adapters/node/ids.js';
import { ImmediateScheduler } from '../adapters/node/scheduler.js';
import { silentLogger } from '../adapters/node/silent-logger.js';
import { WsTransport, type AnyHttpServer } from '../adapters/ws/index.js';
import { Hub, type HubHealth } from '../domain/hub.js';
import type { HubOptions } from '../domain/services.js';
import type { AuthPort } from '../ports/auth-port.js';
import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { Hooks } from '../ports/hooks.js';
import type { Logger } from '../ports/system.js';
import { loadConfig } from './config.js';
import { hubOptions, transportOptions } from './settings.js';

/** Milliseconds over which clients come back after {@link Chat.close}, unless it is told otherwise. */
const RECONNECT_WITHIN_MS = 10_000;

export interface ChatOptions extends Hooks {
  /**
   * Carries messages between pods. The chat starts and closes it.
   * @default a pod alone, in memory
   */
  readonly broadcaster?: BroadcastPort;
  /** Checks the tokens that clients bring. Without it tokens are not looked at, and everybody is a guest. */
  readonly auth?: AuthPort;
  /**
   * Whether a client without a token is refused (401). Needs {@link auth}.
   * @default false
   */
  readonly authRequired?: boolean;
  /** Limits that differ from the defaults, which are those of the configuration table. */
  readonly limits?: Partial<HubOptions>;
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
   * Closes all connections of a user, on all pods within 2 s, with 4403, and lets no token in that was issued to them
   * before now. Resolves with `false` where the broker is away and the other pods will not hear of it.
   */
  disconnect(userId: string): Promise<boolean>;
  /**
   * Serves a path's WebSocket upgrades. Other routes and upgrade listeners of the server are left alone.
   *
   * @throws Error where a chat serves this path of the server already
   */
  attach(server: AnyHttpServer, options: { readonly path: string }): void;
  /**
   * Finishes what is under way, tells each client to come back after a random delay of up to `reconnectWithinMs` (10,000
   * by default), closes them with 1001, then the broadcaster. The servers stay open.
   */
  close(options?: { readonly reconnectWithinMs?: number }): Promise<void>;
}

/**
 * Makes a chat to be mounted beside a user's own routes.
 *
 * @throws TypeError where `authRequired` comes without `auth`
 * @throws RangeError where a limit makes no sense
 * @example
 * const server = http.createServer(routes);
 * const chat = createChat({ onMessage: (connection, message) => message });
 * chat.attach(server, { path: '/api/chat-api/ws' });
 * server.listen(8001);
 */
export function createChat(options: ChatOptions = {}): Chat {
  const { auth, authRequired = false, logger = silentLogger, broadcaster = memoryBroadcaster() } = options;
  if (authRequired && !auth) {
    throw new TypeError('createChat: authRequired needs auth, an AuthPort that checks tokens');
  }
  const defaults = loadConfig({});
  const limits = { ...hubOptions(defaults), ...options.limits };
  checkLimits(limits);
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
    limits,
  );
  const { messageBytes, heartbeatMs } = limits;
  const { trustedProxies = [] } = options;
  const transport = new WsTransport(hub, {
    ...transportOptions(defaults),
    messageBytes,
    heartbeatMs,
    trustedProxies,
    logger,
  });
  const ready = hub.start();
  // Who does not wait for it reads it in the log.
  ready.catch((cause: unknown) => logger.error('the broadcaster could not start', { cause }));
  return {
    ready,
    get health() {
      return hub.health;
    },
    disconnect: (userId) => hub.disconnect(userId),
    attach: (server, mount) => transport.attach(server, mount),
    async close({ reconnectWithinMs = RECONNECT_WITHIN_MS } = {}) {
      const reconnectAfterMs = (): number => Math.floor(Math.random() * reconnectWithinMs);
      await hub.drain({ code: 1001, reason: 'the server was stopped', reconnectAfterMs });
      await transport.close();
      await hub.close();
    },
  };
}

function checkLimits(limits: HubOptions): void {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || (Number.isFinite(value) && value >= 0)) continue;
    throw new RangeError(`createChat: expected limits.${name} to be a number from 0 on, got ${value}`);
  }
}
