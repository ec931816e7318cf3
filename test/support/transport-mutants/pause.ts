import { type Mutant, calls, events } from './kit.js';

/** Faults: while not reading. */
export const pauseMutants: readonly Mutant[] = [
  {
    name: 'ignores pause()',
    bites: ['reads no more while paused, and everything in order after it'],
    chat: calls(() => ({ pause() {} })),
  },
  {
    name: 'drops what comes while paused',
    bites: ['reads no more while paused, and everything in order after it'],
    chat: (chat) => {
      let paused = false;
      const inner = events((real) => ({ received: (text) => (paused ? undefined : real.received(text)) }));
      const outer = calls(() => ({ pause: () => void (paused = true), resume: () => void (paused = false) }));
      return outer(inner(chat));
    },
  },
  {
    name: 'ignores resume()',
    bites: ['reads no more while paused, and everything in order after it'],
    chat: calls(() => ({ resume() {} })),
  },
  {
    name: 'counts pauses',
    bites: ['does not count pauses'],
    chat: calls((real) => {
      let pauses = 0;
      return {
        pause() {
          pauses += 1;
          real.pause();
        },
        resume() {
          pauses -= 1;
          if (pauses === 0) real.resume();
        },
      };
    }),
  },
  {
    name: 'sends nothing while paused',
    bites: ['sends while paused'],
    chat: calls((real) => {
      let paused = false;
      return {
        pause() {
          paused = true;
          real.pause();
        },
        send: (batch) => (paused ? undefined : real.send(batch)),
      };
    }),
  },
  {
    name: 'closes only once it reads again',
    bites: ['closes while paused'],
    chat: calls((real) => {
      let paused = false;
      return {
        pause() {
          paused = true;
          real.pause();
        },
        close: (code, reason) => (paused ? undefined : real.close(code, reason)),
      };
    }),
  },
];
