import { ContainerModule } from 'inversify';
import { memoryBroadcaster } from '../../adapters/memory/index.js';
import { TOKENS } from '../tokens.js';

/** One pod alone, everything in memory. */
export const memoryModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.broadcaster)
    .toResolvedValue(
      ({ HISTORY_SIZE, HISTORY_BYTES, HISTORY_BYTES_TOTAL, HISTORY_TTL }, clock) =>
        memoryBroadcaster({
          historySize: HISTORY_SIZE,
          historyBytes: HISTORY_BYTES,
          historyBytesTotal: HISTORY_BYTES_TOTAL,
          historyTtlSeconds: HISTORY_TTL,
          clock,
        }),
      [TOKENS.config, TOKENS.clock],
    )
    .inSingletonScope();
});
