import type { AdminOptions } from '../adapters/http/index.js';
import type { Hub } from '../domain/hub.js';
import type { HubOptions } from '../domain/hub-options.js';
import type { Config } from './config.js';

/** Of messages in memory, in a room: some readers are a little behind whatever history is kept. */
const LEAST_ROOM_BYTES = 1024 * 1024;

/** What the hub makes of the configuration. */
export function hubOptions(config: Config): HubOptions {
  return {
    messageBytes: config.MAX_MESSAGE_BYTES,
    heartbeatMs: config.HEARTBEAT_MS,
    // A reader may be as far behind as there is history, and loses nothing.
    sendBuffer: Math.max(config.SEND_BUFFER, config.HISTORY_SIZE),
    roomBytes: Math.max(LEAST_ROOM_BYTES, config.HISTORY_BYTES),
    ringBytesTotal: config.RING_BYTES_TOTAL,
    roomsPerConnection: config.MAX_ROOMS_PER_CONNECTION,
    rateLimit: config.RATE_LIMIT,
    ...(config.RATE_BURST !== undefined && { rateBurst: config.RATE_BURST }),
    rateLimitBytes: config.RATE_LIMIT_BYTES,
    rateLimitGlobal: config.RATE_LIMIT_GLOBAL,
    rateLimitRooms: config.RATE_LIMIT_ROOMS,
    rateLimitReads: config.RATE_LIMIT_READS,
    rateLimitUser: config.RATE_LIMIT_USER,
    rateLimitAddress: config.RATE_LIMIT_ADDRESS,
    upgradeRate: config.UPGRADE_RATE,
    growthLimitUser: config.GROWTH_LIMIT_USER,
    growthLimitAddress: config.GROWTH_LIMIT_ADDRESS,
    maxConnections: config.MAX_CONNECTIONS,
    maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    maxConnectionsPerUser: config.MAX_CONNECTIONS_PER_USER,
    allowedOrigins: config.ALLOWED_ORIGINS,
  };
}

/** What the HTTP API can do, and for whom. */
export function adminOptions({ API_KEY: apiKey }: Config, hub: Hub): AdminOptions {
  return {
    refusals: hub.refusals,
    disconnect: (userId, options) => hub.disconnect(userId, options),
    ...(apiKey !== undefined && { apiKey }),
  };
}

/** What the WebSocket transport makes of it. */
export function transportOptions(config: Config) {
  return {
    messageBytes: config.MAX_MESSAGE_BYTES,
    sendBufferBytes: config.SEND_BUFFER_BYTES,
    heartbeatMs: config.HEARTBEAT_MS,
    trustedProxies: config.TRUSTED_PROXIES,
  };
}
