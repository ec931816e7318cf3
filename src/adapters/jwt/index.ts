export { jwtAuth } from './jwt-auth.js';
export type { JwtAuthOptions } from './options.js';
