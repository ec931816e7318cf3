import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { CodecPort } from '../ports/codec-port.js';
import type { Frame } from '../ports/frame.js';
import type { Hooks } from '../ports/hooks.js';
import type { Clock, Ids, Logger, Scheduler } from '../ports/system.js';
import type { Backlog } from './backlog.js';
import type { Keepers } from './door.js';
import type { Deadlines } from './deadlines.js';
import type { Expiry } from './expiry.js';
import type { GrowthLimits } from './growth-limits.js';
import type { HookBudget } from './hook-budget.js';
import type { HubOptions } from './hub-options.js';
import type { RateLimits } from './rate-limits.js';
import type { RefusalLog } from './refusal-log.js';
import type { Revocations } from './revocations.js';
import type { Rooms } from './rooms.js';

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
  readonly growthLimits: GrowthLimits;
  readonly backlog: Backlog;
  readonly hookBudget: HookBudget;
  readonly refusals: RefusalLog;
  readonly revocations: Revocations;
  /** {@link BroadcastPort.publish}; where there is no log to know it, this pod knows what was sent before. */
  readonly publish: BroadcastPort['publish'];
  /** {@link CodecPort.encode}, free of its object. */
  readonly encode: (text: string) => Frame;
  /** Bytes that a text has as UTF-8 beyond one per UTF-16 unit. */
  readonly extraBytes: (text: string) => number;
}
