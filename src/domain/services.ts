import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { CodecPort } from '../ports/codec-port.js';
import type { Frame } from '../ports/frame.js';
import type { Hooks } from '../ports/hooks.js';
import type { Clock, Ids, Logger, Scheduler } from '../ports/system.js';
import type { Keepers } from './door.js';
import type { Expiry } from './expiry.js';
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
  /** Frames a second that one connection may send; 0: any number. */
  readonly rateLimit: number;
  /** Frames that one connection may send at once. */
  readonly rateBurst: number;
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
  /** {@link BroadcastPort.publish}; where there is no log to know it, this pod knows what was sent before. */
  readonly publish: BroadcastPort['publish'];
  /** {@link CodecPort.encode}, free of its object. */
  readonly encode: (text: string) => Frame;
}
