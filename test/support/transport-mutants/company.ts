import type { ChatSession } from '../../../src/ports/chat-port.js';
import type { ConnectionPort } from '../../../src/ports/connection-port.js';
import { type Mutant, events } from './kit.js';

/** Faults: between clients. */
export const companyMutants: readonly Mutant[] = [
  {
    name: 'tells all texts to the session that came first',
    bites: ['tells each session only what its own client said'],
    chat: (() => {
      let first: ChatSession | undefined;
      return events((real) => {
        const target = (first ??= real);
        return { received: (text) => target.received(text) };
      });
    })(),
  },
  {
    name: 'closes everybody when one is gone',
    bites: ['lets no faulty client disturb the others'],
    chat: (() => {
      const all: ConnectionPort[] = [];
      return events((real, connection) => {
        all.push(connection);
        return {
          closed() {
            real.closed();
            for (const other of all) other.close(1011, 'one is gone');
          },
        };
      });
    })(),
  },
];
