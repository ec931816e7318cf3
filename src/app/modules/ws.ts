import { ContainerModule } from 'inversify';
import { WsTransport } from '../../adapters/ws/index.js';
import { transportOptions } from '../settings.js';
import { TOKENS } from '../tokens.js';

/** Chat over WebSocket. */
export const wsModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.transport)
    .toResolvedValue(
      (config, hub, logger) => new WsTransport(hub, { ...transportOptions(config), logger, refusals: hub.refusals }),
      [TOKENS.config, TOKENS.hub, TOKENS.logger],
    )
    .inSingletonScope();
});
