import { type Mutant, calls, events, later } from './kit.js';

/** Faults: with slow readers. */
export const pressureMutants: readonly Mutant[] = [
  {
    name: 'is always writable',
    bites: ['is not writable while a client does not read, and drains once when it does'],
    chat: calls(() => ({ writable: true })),
  },
  {
    name: 'never drains',
    bites: ['is not writable while a client does not read, and drains once when it does'],
    chat: events(() => ({ drained() {} })),
  },
  {
    name: 'drains twice',
    bites: ['is not writable while a client does not read, and drains once when it does'],
    chat: events((real) => ({
      drained() {
        real.drained();
        later(() => real.drained());
      },
    })),
  },
  {
    name: 'drains with every text',
    bites: ['is not writable while a client does not read, and drains once when it does'],
    chat: events((real) => ({
      received(text) {
        real.received(text);
        real.drained();
      },
    })),
  },
  {
    name: 'drains the first time only',
    bites: ['drains once each time'],
    chat: events((real) => {
      let drains = 0;
      return { drained: () => ((drains += 1) === 1 ? real.drained() : undefined) };
    }),
  },
  {
    name: 'drops what is sent to a slow client',
    bites: ['takes what is sent to a client that is not writable'],
    chat: calls((real) => ({ send: (batch) => (real.writable ? real.send(batch) : undefined) })),
  },
  {
    name: 'has no hard limit',
    bites: ['closes with 4008 above the hard limit'],
    settings: { sendBufferBytes: 1_073_741_824 },
  },
  {
    name: 'closes a slow client at once',
    bites: ['is not writable while a client does not read, and drains once when it does'],
    settings: { sendBufferBytes: 65_537 },
  },
];
