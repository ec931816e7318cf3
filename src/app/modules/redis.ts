import { ContainerModule } from 'inversify';
import { redisBroadcaster } from '../../adapters/redis/index.js';
import { TOKENS } from '../tokens.js';

/** Several pods over one Redis. */
export const redisModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.broadcaster)
    .toResolvedValue(
      (config, logger) =>
        redisBroadcaster({
          url: config.REDIS_URL ?? '',
          prefix: config.REDIS_PREFIX,
          subscribe: config.REDIS_SUBSCRIBE,
          historySize: config.HISTORY_SIZE,
          historyBytes: config.HISTORY_BYTES,
          historyBytesTotal: config.REDIS_HISTORY_BYTES_TOTAL,
          historyTtlSeconds: config.HISTORY_TTL,
          logger,
        }),
      [TOKENS.config, TOKENS.logger],
    )
    .inSingletonScope();
});
