import { ContainerModule } from 'inversify';
import { Hub } from '../../domain/hub.js';
import { hubOptions } from '../settings.js';
import { TOKENS } from '../tokens.js';

/** The domain, on whatever ports the other modules bind. */
export const hubModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.hooks).toConstantValue({});
  bind(TOKENS.hub)
    .toResolvedValue(
      (config, broadcaster, codec, clock, ids, scheduler, logger, hooks, guests, auth) =>
        new Hub(
          {
            broadcaster,
            codec,
            clock,
            ids,
            scheduler,
            logger,
            hooks,
            keepers: { guests, authRequired: config.AUTH_ENABLED, ...(auth && { auth }) },
          },
          hubOptions(config),
        ),
      [
        TOKENS.config,
        TOKENS.broadcaster,
        TOKENS.codec,
        TOKENS.clock,
        TOKENS.ids,
        TOKENS.scheduler,
        TOKENS.logger,
        TOKENS.hooks,
        TOKENS.guests,
        TOKENS.auth,
      ],
    )
    .inSingletonScope();
});
