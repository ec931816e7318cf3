import { ContainerModule } from 'inversify';
import {
  asyncApi,
  createHttpServer,
  HttpSurface,
  openApi,
  readPage,
  type ApiFacts,
} from '../../adapters/http/index.js';
import { clientFrames } from '../../adapters/json/client-frames.js';
import { serverFrames } from '../../adapters/json/server-frames.js';
import { rateOf } from '../../domain/rate-limits.js';
import type { Config } from '../config.js';
import { SPARE_SOCKETS } from '../open-files.js';
import { adminOptions } from '../settings.js';
import { TOKENS } from '../tokens.js';
import { packageVersion } from '../version.js';

const PAGE = new URL('../../page/', import.meta.url);

/** The port, and what it answers besides WebSocket. */
export const httpModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.server)
    .toResolvedValue(
      (config, hub, logger) => {
        const facts = factsOf(config);
        const surface = new HttpSurface({
          basePath: facts.basePath,
          readiness: () => hub.health,
          asyncApi: asyncApi(facts),
          openApi: openApi(facts),
          page: readPage(PAGE, facts.basePath),
          admin: adminOptions(config, hub),
          logger,
        });
        const onFull = (dropped: number): void =>
          logger.warn('more sockets than MAX_CONNECTIONS allows: the idlest were closed', { dropped });
        return createHttpServer(surface.listener, {}, { max: config.MAX_CONNECTIONS + SPARE_SOCKETS, onFull });
      },
      [TOKENS.config, TOKENS.hub, TOKENS.logger],
    )
    .inSingletonScope();
});

function factsOf(config: Config): ApiFacts {
  return {
    basePath: config.BASE_PATH,
    version: packageVersion(),
    clientFrames,
    serverFrames,
    messageBytes: config.MAX_MESSAGE_BYTES,
    roomsPerConnection: config.MAX_ROOMS_PER_CONNECTION,
    heartbeatMs: config.HEARTBEAT_MS,
    historySize: config.HISTORY_SIZE,
    historyTtl: config.HISTORY_TTL,
    frames: rateOf('frames', config.RATE_LIMIT, config.RATE_BURST),
  };
}
