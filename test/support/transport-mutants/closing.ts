import type { ChatSession } from '../../../src/ports/chat-port.js';
import { type Mutant, calls, events, later } from './kit.js';

/** Faults: at the end of connections. */
export const closingMutants: readonly Mutant[] = [
  {
    name: 'never tells closed()',
    bites: ['tells closed() when the client leaves'],
    chat: events(() => ({ closed() {} })),
  },
  {
    name: 'leaves a timer behind',
    bites: ['leaves nothing behind that keeps the process when it is stopped'],
    chat: (chat) => {
      setTimeout(() => undefined, 3000);
      return chat;
    },
  },
  {
    name: 'tells closed() twice',
    bites: ['tells closed() when the client is gone without a word'],
    chat: events((real) => ({
      closed() {
        real.closed();
        later(() => real.closed());
      },
    })),
  },
  {
    name: 'tells closed() within close()',
    bites: ['tells closed() after its own close'],
    chat: (chat) => {
      const told = new WeakSet<ChatSession>();
      const once = (session: ChatSession): void => {
        if (!told.has(session)) session.closed();
        told.add(session);
      };
      const inner = events((real) => ({ closed: () => once(real) }));
      const outer = calls((real, session) => ({
        close(code, reason) {
          real.close(code, reason);
          session()?.closed();
        },
      }));
      return outer(inner(chat));
    },
  },
  {
    name: 'tells what came after closed()',
    bites: ['receives what the client sent before it left'],
    chat: events((real) => {
      let held: string | undefined;
      return {
        received(text) {
          if (held !== undefined) real.received(held);
          held = text;
        },
        closed() {
          real.closed();
          if (held !== undefined) real.received(held);
        },
      };
    }),
  },
  {
    name: 'closes with 1000 whatever the code',
    bites: ['closes with the code and the reason given'],
    chat: calls((real) => ({ close: (_, reason) => real.close(1000, reason) })),
  },
  {
    name: 'gives no reason',
    bites: ['closes with the code and the reason given'],
    chat: calls((real) => ({ close: (code) => real.close(code, '') })),
  },
  {
    name: 'closes with the last code',
    bites: ['closes once: the first code holds'],
    chat: calls((real) => {
      let last: (() => void) | undefined;
      return {
        close(code, reason) {
          if (last === undefined) later(() => last?.());
          last = () => real.close(code, reason);
        },
      };
    }),
  },
  {
    name: 'forgets what was not yet written when it closes',
    bites: ['sends before the close what was sent before it'],
    chat: calls((real) => ({ send: (batch) => later(() => real.send(batch)) })),
  },
  {
    name: 'sends on until the close is written',
    bites: ['sends nothing after the close'],
    chat: calls((real) => ({ close: (code, reason) => later(() => later(() => real.close(code, reason))) })),
  },
  {
    name: 'throws once the connection is gone',
    bites: ['takes calls on a connection that is gone for nothing'],
    chat: (chat) => {
      let gone = false;
      const inner = events((real) => ({
        closed() {
          gone = true;
          real.closed();
        },
      }));
      const outer = calls((real) => ({
        send(batch) {
          if (gone) throw new Error('the connection is gone');
          real.send(batch);
        },
      }));
      return outer(inner(chat));
    },
  },
  {
    name: 'can not close what is being opened',
    bites: ['closes while opening, where the domain wants so'],
    chat: calls((real, session) => ({
      close: (code, reason) => (session() === undefined ? undefined : real.close(code, reason)),
    })),
  },
  {
    name: 'forgets a connection when it is stopped',
    bites: ['ends every connection when it is stopped'],
    chat: (() => {
      let forgot = false;
      return events((real) => ({
        closed() {
          if (forgot) real.closed();
          forgot = true;
        },
      }));
    })(),
  },
];
