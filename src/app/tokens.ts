import type { Server } from 'node:http';
import type { ServiceIdentifier } from 'inversify';
import type { Hub } from '../domain/hub.js';
import type { AuthPort } from '../ports/auth-port.js';
import type { BroadcastPort } from '../ports/broadcast-port.js';
import type { CodecPort } from '../ports/codec-port.js';
import type { Hooks } from '../ports/hooks.js';
import type { Clock, Ids, Logger, Scheduler } from '../ports/system.js';
import type { WsTransport } from '../adapters/ws/index.js';
import type { Application } from './application.js';
import type { Config } from './config.js';

function token<T>(name: string): ServiceIdentifier<T> {
  return Symbol(name);
}

/** What the container knows each part by. */
export const TOKENS = {
  config: token<Config>('Config'),
  logger: token<Logger>('Logger'),
  clock: token<Clock>('Clock'),
  ids: token<Ids>('Ids'),
  scheduler: token<Scheduler>('Scheduler'),
  codec: token<CodecPort>('CodecPort'),
  guests: token<AuthPort>('AuthPort for guests'),
  /** `undefined` where nobody needs a token. */
  auth: token<AuthPort | undefined>('AuthPort for tokens'),
  hooks: token<Hooks>('Hooks'),
  broadcaster: token<BroadcastPort>('BroadcastPort'),
  hub: token<Hub>('Hub'),
  transport: token<WsTransport>('WsTransport'),
  server: token<Server>('http.Server'),
  application: token<Application>('Application'),
};
