import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { CodecPort } from '../ports/codec-port.js';
import type { Frame } from '../ports/frame.js';
import type { Hooks } from '../ports/hooks.js';
import type { Clock, Ids, Logger, Scheduler } from '../ports/system.js';
import type { Keepers } from './door.js';
import type { Deadlines } from './deadlines.js';
import type { Expiry } from './expiry.js';
import type { RateLimits } from './rate-limits.js';
import type { Revocations } from './revocations.js';
import type { Rooms } from './rooms.js';

/** What a hub is told to allow. */
export interface HubOptions {
  /** Bytes of text that a client's message may have; the transport enforces it. */
  readonly messageBytes: number;
  /** Milliseconds between pings of the transport, for the welcome. */
  readonly heartbeatMs: number;
  /** Messages kept in memory for readers that are behind. */
  readonly sendBuffer: number;
  readonly roomsPerConnection: number;
  /** Frames a second that one connection may send; 0: any number, and none of the rates below counts either. */
  readonly rateLimit: number;
  /** Frames that one connection may send at once. @default 2 x rateLimit */
  readonly rateBurst?: number;
  /** Bytes a second of one connection's frames, eight times as many at once; 0: any number. */
  readonly rateLimitBytes: number;
  /** Messages a second to everybody of one connection, four times as many at once; 0: any number. */
  readonly rateLimitGlobal: number;
  /** Rooms a second that nobody on this pod is in and one connection may join, ten times as many at once; 0: any number. */
  readonly rateLimitRooms: number;
  /** How many times what one connection may all connections of a user may together; 0: any number. */
  readonly rateLimitUser: number;
  /** How many times what one connection may all connections of an address may together; 0: any number. */
  readonly rateLimitAddress: number;
  /** Upgrades a second from one address, ten times as many at once; 0: any number. */
  readonly upgradeRate: number;
  readonly maxConnections: number;
  /** 0: any number. */
  readonly maxConnectionsPerAddress: number;
  /** 0: any number. */
  readonly maxConnectionsPerUser: number;
  /** Exact origins of browsers that may connect, `*` for all; empty: the same host only. */
  readonly allowedOrigins: readonly string[];
}

/** The ports that a hub drives. */
export interface HubPorts {
  readonly keepers: Keepers;
  readonly broadcaster: BroadcastPort;
  readonly codec: CodecPort;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly hooks: Hooks;
}

/** What a session and its verbs work with. */
export interface Services extends HubPorts {
  readonly options: HubOptions;
  readonly rooms: Rooms;
  readonly expiry: Expiry;
  /** For what the user's own code is asked. */
  readonly deadlines: Deadlines;
  readonly rates: RateLimits;
  readonly revocations: Revocations;
  /** {@link BroadcastPort.publish}; where there is no log to know it, this pod knows what was sent before. */
  readonly publish: BroadcastPort['publish'];
  /** {@link CodecPort.encode}, free of its object. */
  readonly encode: (text: string) => Frame;
}
