import 'reflect-metadata';
import { Container } from 'inversify';
import { Application } from './application.js';
import type { Config } from './config.js';
import { changedSettings } from './config/changed.js';
import { authModule } from './modules/auth.js';
import { httpModule } from './modules/http.js';
import { hubModule } from './modules/hub.js';
import { memoryModule } from './modules/memory.js';
import { redisModule } from './modules/redis.js';
import { systemModule } from './modules/system.js';
import { wsModule } from './modules/ws.js';
import { TOKENS } from './tokens.js';
import { packageVersion } from './version.js';

/** The composition root: the one place where it is decided which adapter serves which port. */
export function createContainer(config: Config): Container {
  const container = new Container();
  container.bind(TOKENS.config).toConstantValue(config);
  container.load(systemModule, hubModule, wsModule, httpModule, authModule);
  container.load(config.REDIS_URL === undefined ? memoryModule : redisModule);
  container
    .bind(TOKENS.application)
    .toResolvedValue(
      (hub, transport, server, logger) =>
        new Application({
          hub,
          transport,
          server,
          logger,
          version: packageVersion(),
          settings: changedSettings(config),
          host: config.HOST,
          port: config.PORT,
          path: `${config.BASE_PATH}/ws`,
          auth: config.AUTH_ENABLED ? 'tokens' : 'guests',
          drainMs: config.DRAIN_MS,
        }),
      [TOKENS.hub, TOKENS.transport, TOKENS.server, TOKENS.logger],
    )
    .inSingletonScope();
  return container;
}
