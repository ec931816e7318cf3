import { ContainerModule } from 'inversify';
import { GuestAuth } from '../../adapters/guest/guest-auth.js';
import { JsonCodec } from '../../adapters/json/codec.js';
import { systemClock } from '../../adapters/node/clock.js';
import { RandomIds } from '../../adapters/node/ids.js';
import { ImmediateScheduler } from '../../adapters/node/scheduler.js';
import { PinoLogger } from '../../adapters/pino/logger.js';
import { TOKENS } from '../tokens.js';

/** Clock, ids, scheduler, log, codec and guests: one of each is enough for everybody. */
export const systemModule = new ContainerModule(({ bind }) => {
  bind(TOKENS.clock).toConstantValue(systemClock);
  bind(TOKENS.ids)
    .toResolvedValue((clock) => new RandomIds(clock), [TOKENS.clock])
    .inSingletonScope();
  bind(TOKENS.scheduler)
    .toResolvedValue(() => new ImmediateScheduler())
    .inSingletonScope();
  bind(TOKENS.codec)
    .toResolvedValue(() => new JsonCodec())
    .inSingletonScope();
  bind(TOKENS.guests)
    .toResolvedValue(() => new GuestAuth())
    .inSingletonScope();
  bind(TOKENS.logger)
    .toResolvedValue(({ LOG_LEVEL }) => new PinoLogger({ level: LOG_LEVEL }), [TOKENS.config])
    .inSingletonScope();
});
