import type { Logger } from '../../ports/system.js';

function nothing(): void {
  // Whoever wants a log passes one.
}

/** Logs nothing: what the library does by default. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
