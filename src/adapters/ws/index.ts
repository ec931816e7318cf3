export type { WsTransportOptions } from './options.js';
export type { AnyHttpServer } from './upgrades.js';
export { WsTransport } from './ws-transport.js';
