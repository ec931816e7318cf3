export { ClientAddress } from './client-address.js';
export type { WsTransportOptions } from './options.js';
export type { AnyHttpServer } from './upgrades.js';
export { WsTransport } from './ws-transport.js';
