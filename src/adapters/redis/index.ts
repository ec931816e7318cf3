export type { RedisBroadcasterOptions } from './options.js';
export { redisBroadcaster } from './redis-broadcaster.js';
export type { SubscribeMode } from './subscriber.js';
