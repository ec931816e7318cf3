import { expect } from 'vitest';
import { DEADLINE_MS } from './chat-client.js';

/** Waits until what is asked again and again has this value. */
export function eventually<T>(ask: () => T | Promise<T>, expected: Awaited<T>, timeout = DEADLINE_MS): Promise<void> {
  return expect.poll(ask, { timeout, interval: 20 }).toEqual(expected);
}
