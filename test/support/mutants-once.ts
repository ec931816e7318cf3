import { setImmediate as turn } from 'node:timers/promises';
import type { BroadcastPort, PublishResult } from '../../src/ports/broadcast-port.js';
import { type Mutant, moved, withoutOnce } from './mutant.js';

/** Applies a change to what is published under a key. */
function keyed(
  change: (key: string, content: string, channel: string) => { key: string; content: string },
): NonNullable<Mutant['port']> {
  return (port: BroadcastPort) => ({
    publish: (channel, publication) => {
      const { once } = publication;
      return port.publish(
        channel,
        once ? { ...publication, once: change(once.key, once.content, channel) } : publication,
      );
    },
  });
}

/** Remembers results by what `scope` makes of channel and key, and answers from there. */
function remembering(scope: (channel: string, key: string) => string): NonNullable<Mutant['port']> {
  return (port: BroadcastPort) => {
    const known = new Map<string, Promise<PublishResult>>();
    return {
      publish: (channel, publication) => {
        if (publication.once === undefined) return port.publish(channel, publication);
        const key = scope(channel, publication.once.key);
        const result = known.get(key) ?? Promise.resolve(port.publish(channel, publication));
        known.set(key, result);
        return result;
      },
    };
  };
}

let pods = 0;

/** Broadcasters that apply a repetition again, or not the same way. */
export const onceMutants: readonly Mutant[] = [
  {
    name: 'ignores keys',
    port: (port) => ({ publish: (channel, publication) => port.publish(channel, withoutOnce(publication)) }),
    bites: [
      'a repetition gets the first receipt',
      'a repetition is neither told nor stored',
      'repetitions in one turn are applied once',
      'a key outlives its message in the history',
    ],
  },
  {
    name: 'does not compare contents',
    port: keyed((key) => ({ key, content: '' })),
    bites: [
      'other content under the same key is a conflict, and nobody is told',
      'contents are compared to the last character',
      'of two contents sent to two pods at once one is a conflict',
    ],
  },
  {
    name: 'compares only the length of contents',
    port: keyed((key, content) => ({ key, content: String(content.length) })),
    bites: ['contents are compared to the last character'],
  },
  {
    name: 'takes a key for the same in every channel',
    port: remembering((_, key) => key),
    bites: ['a key counts within its channel only'],
  },
  {
    name: 'trims and normalises keys',
    port: keyed((key, content) => ({ key: key.normalize('NFC').trim(), content })),
    bites: ['keys are compared exactly, whatever they are made of'],
  },
  {
    name: 'remembers keys on its own pod only',
    port: (port, bus) => {
      const pod = (pods += 1);
      return keyed((key, content) => ({ key: `${pod} ${key}`, content }))(port, bus);
    },
    bites: [
      'a repetition on another pod gets the first receipt, and no pod is told',
      'the same message sent to two pods at once is applied once',
      'of two contents sent to two pods at once one is a conflict',
    ],
  },
  {
    name: 'gives every message a key of its content',
    port: (port) => ({
      publish: (channel, publication) => {
        const { tail } = publication;
        return port.publish(channel, { once: { key: tail, content: tail }, ...publication });
      },
    }),
    bites: ['equal messages without a key are all published'],
  },
  {
    name: 'answers a repetition with a receipt of its own',
    port: (port) => ({
      publish: async (channel, publication) => {
        const result = await port.publish(channel, publication);
        if (result.status !== 'published') return result;
        return { ...result, receipt: { ...result.receipt, id: publication.id, ts: publication.ts } };
      },
    }),
    bites: ['a repetition gets the first receipt'],
  },
  {
    name: 'answers a repetition with the position of today',
    port: (port) => ({
      publish: async (channel, publication) => {
        const result = await port.publish(channel, publication);
        if (!publication.once || result.status !== 'published' || !result.receipt.position) return result;
        const now = await port.read(channel, { limit: 1 });
        return now.status === 'read' ? moved(result, now.position.offset - result.receipt.position.offset) : result;
      },
    }),
    bites: ['a repetition gets the first receipt', 'a key outlives its message in the history'],
  },
  {
    name: 'looks a key up and stores it a turn later',
    port: (port) => {
      const known = new Map<string, PublishResult>();
      return {
        publish: async (channel, publication) => {
          const key = `${channel} ${publication.once?.key}`;
          const before = publication.once && known.get(key);
          if (before) return before;
          const result = await port.publish(channel, withoutOnce(publication));
          await turn();
          known.set(key, result);
          return result;
        },
      };
    },
    bites: [
      'repetitions in one turn are applied once',
      'a repetition in one turn leaves the messages around it in order',
    ],
  },
  {
    name: 'rejects on a conflict',
    port: (port) => ({
      publish: async (channel, publication) => {
        const result = await port.publish(channel, publication);
        if (result.status === 'conflict') throw new Error('conflict');
        return result;
      },
    }),
    bites: ['other content under the same key is a conflict, and nobody is told'],
  },
];
