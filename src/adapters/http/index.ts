export type { AdminOptions } from './admin.js';
export { asyncApi } from './asyncapi.js';
export { openApi } from './openapi.js';
export { readPage, type Page } from './page.js';
export type { SocketBound } from './bounded-server.js';
export { createHttpServer, type HttpPatience } from './server.js';
export { HttpSurface, type HttpSurfaceOptions, type Readiness } from './surface.js';
export type { ApiFacts } from './wire-facts.js';
