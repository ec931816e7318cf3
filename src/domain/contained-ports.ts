import { ContainedBroadcaster } from './contained-broadcaster.js';
import { ContainedCodec } from './contained-codec.js';
import { containedLogger } from './contained-logger.js';
import type { HubPorts } from './services.js';

/**
 * The ports with guards around those that third parties implement: whatever these throw or answer, the domain gets what the
 * port promises. Hooks are guarded where they are called, as each fails in its own way.
 */
export function contained(ports: HubPorts): HubPorts {
  const { clock } = ports;
  const logger = containedLogger(ports.logger);
  return {
    ...ports,
    logger,
    codec: new ContainedCodec(ports.codec, logger),
    broadcaster: new ContainedBroadcaster(ports.broadcaster, { clock, logger }),
  };
}
