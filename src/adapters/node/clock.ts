import { performance } from 'node:perf_hooks';
import type { Clock } from '../../ports/system.js';

/** The machine's clocks: wall time, and one that never goes back. */
export const systemClock: Clock = {
  now: () => Date.now(),
  ticks: () => performance.now(),
};
