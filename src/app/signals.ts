import type { StopCode } from './stop.js';

/** Further signals within this time count as the first, in milliseconds: supervisors and process groups send them twice. */
const SAME_MS = 1000;

const CODES: readonly (readonly [NodeJS.Signals, StopCode])[] = [
  ['SIGTERM', 1012],
  ['SIGHUP', 1012],
  ['SIGINT', 1001],
];

/**
 * Stops on the first SIGTERM, SIGHUP or SIGINT. A further one ends the process at once with code 1, but not within a second
 * of the first.
 *
 * @param stop called once
 */
export function onSignals(stop: (code: StopCode) => void): void {
  let state: 'running' | 'stopping' | 'impatient' = 'running';
  for (const [signal, code] of CODES) {
    process.on(signal, () => {
      if (state === 'impatient') process.exit(1);
      if (state === 'stopping') return;
      state = 'stopping';
      // A drain may block the event loop for longer than that. Signals that came meanwhile are handled before the immediate.
      setTimeout(() => setImmediate(() => (state = 'impatient')), SAME_MS).unref();
      stop(code);
    });
  }
}
