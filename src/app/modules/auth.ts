import { ContainerModule } from 'inversify';
import { jwtAuth } from '../../adapters/jwt/index.js';
import { TOKENS } from '../tokens.js';

/** Who says whether a token is good. */
export const authModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.auth)
    .toResolvedValue(
      (
        { AUTH_ENABLED, JWT_SECRET: secret, JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
        clock,
        logger,
      ) =>
        AUTH_ENABLED
          ? jwtAuth({
              ...(secret !== undefined && { secret }),
              ...(jwksUrl !== undefined && { jwksUrl }),
              ...(issuer !== undefined && { issuer }),
              ...(audience !== undefined && { audience }),
              clock,
              logger,
            })
          : undefined,
      [TOKENS.config, TOKENS.clock, TOKENS.logger],
    )
    .inSingletonScope();
});
