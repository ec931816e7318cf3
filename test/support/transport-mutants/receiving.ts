import { type Mutant, events, swapped, swappedSends } from './kit.js';

/** Faults: in what clients say. */
export const receivingMutants: readonly Mutant[] = [
  {
    name: 'swaps texts',
    bites: ['receives texts in the order sent'],
    chat: events((real) => ({ received: swapped((text: string) => real.received(text)) })),
  },
  {
    name: 'repeats texts',
    bites: ['receives texts in the order sent'],
    chat: events((real) => ({
      received(text) {
        real.received(text);
        real.received(text);
      },
    })),
  },
  {
    name: 'decodes as Latin-1',
    bites: ['receives texts intact, whatever is in them'],
    chat: events((real) => ({ received: (text) => real.received(Buffer.from(text).toString('latin1')) })),
  },
  {
    name: 'drops a byte order mark',
    bites: ['receives texts intact, whatever is in them'],
    chat: events((real) => ({ received: (text) => real.received(text.replace('\ufeff', '')) })),
  },
  {
    name: 'drops empty texts',
    bites: ['receives texts intact, whatever is in them'],
    chat: events((real) => ({ received: (text) => (text === '' ? undefined : real.received(text)) })),
  },
  {
    name: 'has a limit one byte too low',
    bites: ['takes a text of just the limit'],
    settings: { messageBytes: 65_535 },
  },
  {
    name: 'has a limit one byte too high',
    bites: ['closes with 1009 at one byte above the limit'],
    settings: { messageBytes: 65_537 },
  },
  {
    name: 'counts characters',
    bites: ['counts the limit in bytes, not characters'],
    settings: { messageBytes: 65_536 * 3 },
  },
  {
    name: 'answers a turn later, the last first',
    bites: ['keeps the order of answers given while receiving'],
    chat: swappedSends(),
  },
];
