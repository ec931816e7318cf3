import type { Publication } from '../../src/ports/broadcast-port.js';

/** What a broadcaster is given to publish, where it does not matter what is said. */
export function publication(id: string): Publication {
  return { id, ts: 1, head: `{"id":"${id}"`, tail: '}' };
}
