export { redisBroadcaster, RedisBroadcaster, type RedisOptions } from './redis-broadcaster.js';
export type { SubscribeMode } from './subscriber.js';
