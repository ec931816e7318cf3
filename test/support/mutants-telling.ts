import { setImmediate as turn } from 'node:timers/promises';
import { messageText } from '../../src/domain/message-text.js';
import type { BroadcastReceiver } from '../../src/ports/broadcast-port.js';
import type { Frame } from '../../src/ports/frame.js';
import { edited, moved, type Mutant } from './mutant.js';

/** Tells one by one what `change` makes of each frame. */
function each(change: (offset: number, frame: Frame) => readonly { offset: number; frame: Frame }[]) {
  return (receiver: BroadcastReceiver): Partial<BroadcastReceiver> => ({
    published: (channel, first, frames) => {
      for (const [index, frame] of frames.entries()) {
        for (const told of change(first + index, frame)) receiver.published(channel, told.offset, [told.frame]);
      }
    },
  });
}

/** Broadcasters that tell the wrong thing. */
export const tellingMutants: readonly Mutant[] = [
  {
    name: 'tells everything twice',
    receiver: each((offset, frame) => [
      { offset, frame },
      { offset, frame },
    ]),
    bites: [
      'the publisher hears its own message exactly once',
      'every pod hears what another publishes exactly once',
      'a channel subscribed twice is told once, and answers the position told last',
    ],
  },
  {
    name: 'tells a publisher its own message at once, and again when it comes back',
    port: (port) => {
      let receiver: BroadcastReceiver | undefined;
      const subscribed = new Set<string>();
      return {
        start: (given) => port.start((receiver = given)),
        subscribe: (channel) => port.subscribe(subscribed.add(channel) && channel),
        publish: async (channel, publication) => {
          const result = await port.publish(channel, publication);
          const offset = result.status === 'published' ? (result.receipt.position?.offset ?? 0) : 0;
          if (offset > 0 && subscribed.has(channel)) {
            receiver?.published(channel, offset, [Buffer.from(messageText(publication, offset))]);
          }
          return result;
        },
      };
    },
    bites: ['every pod hears what another publishes exactly once', 'a repetition is neither told nor stored'],
  },
  {
    name: 'does not tell a publisher its own messages',
    port: (port) => {
      const own = new Set<string>();
      return {
        start: (receiver) =>
          port.start({
            announced: (text) => receiver.announced(text),
            lost: () => undefined,
            reset: () => undefined,
            foreign: (channel, payload) => receiver.foreign(channel, payload),
            published: (channel, first, frames) => {
              const others = frames.filter((frame) => ![...own].some((id) => Buffer.from(frame).includes(id)));
              if (others.length > 0) receiver.published(channel, first, others);
            },
          }),
        publish: (channel, publication) => {
          own.add(`"${publication.id}"`);
          return port.publish(channel, publication);
        },
      };
    },
    bites: [
      'the publisher hears its own message exactly once',
      'a receiver that publishes while it is told hears all in order',
    ],
  },
  {
    name: 'drops one message of a burst',
    receiver: each((offset, frame) => (offset === 15 ? [] : [{ offset, frame }])),
    bites: [
      'receipts name the id, the time and the offset that is told',
      'messages published in one turn keep their order: 700 of them',
    ],
  },
  {
    name: 'drops what comes beyond 512 messages of one turn',
    receiver: each((offset, frame) => (offset > 512 && offset < 701 ? [] : [{ offset, frame }])),
    bites: ['messages published in one turn keep their order: 700 of them'],
  },
  {
    name: 'repeats one message of a burst',
    receiver: each((offset, frame) =>
      offset === 12
        ? [
            { offset, frame },
            { offset, frame },
          ]
        : [{ offset, frame }],
    ),
    bites: ['messages published in one turn to many channels keep the order of each'],
  },
  {
    name: 'swaps two neighbours within a call',
    receiver: (receiver) => ({
      published: (channel, first, frames) => {
        const [one, two, ...rest] = frames;
        receiver.published(channel, first, one && two ? [two, one, ...rest] : frames);
      },
    }),
    bites: [
      'all pods hear the same bytes in the same order when all publish at once',
      'without a history: other pods hear every message exactly once, in order',
    ],
  },
  {
    name: 'gives the first frame of each call the wrong offset',
    receiver: (receiver) => ({
      published: (channel, first, frames) => receiver.published(channel, first === 0 ? 0 : first + 1, frames),
    }),
    bites: ['receipts name the id, the time and the offset that is told'],
  },
  {
    name: 'writes an offset into the frame that is one too high',
    receiver: each((offset, frame) => [
      { offset, frame: edited(frame, (text) => text.replace(/,"offset":\d+,/, `,"offset":${offset + 1},`)) },
    ]),
    bites: ['a late subscriber hears exactly what follows its position', 'read gives the very frames that were told'],
  },
  {
    name: 'takes bytes for Latin-1',
    receiver: each((offset, frame) => [{ offset, frame: Buffer.from(Buffer.from(frame).toString('latin1')) }]),
    bites: [
      'text of several bytes a character crosses unharmed',
      'without a history: large frames and text of several bytes a character cross whole',
    ],
  },
  {
    name: 'cuts frames at 64 KiB',
    receiver: each((offset, frame) => [{ offset, frame: frame.subarray(0, 65_536) }]),
    bites: ['frames of 64 KiB and more cross whole, several in one turn'],
  },
  {
    name: 'looks for an offset key in the halves',
    port: (port) => ({
      publish: (channel, publication) => {
        const head = publication.head.replace(/\\"offset\\":\d+/, '');
        return port.publish(channel, { ...publication, head });
      },
    }),
    bites: ['a repeated offset key in the halves is left alone'],
  },
  {
    name: 'stores other bytes than it tells',
    port: (port) => ({
      read: async (channel, query) => {
        const result = await port.read(channel, query);
        if (result.status !== 'read') return result;
        const entries = result.entries.map(({ offset, frame }) => ({
          offset,
          frame: edited(frame, (text) => text.replace(/,"offset":\d+/, '')),
        }));
        return { ...result, entries };
      },
    }),
    bites: ['read gives the very frames that were told', 'a frame is head, offset and tail, byte for byte'],
  },
  {
    name: 'answers a receipt that is one behind',
    port: (port) => ({ publish: async (channel, item) => moved(await port.publish(channel, item), -1) }),
    bites: [
      'offsets begin with 1 and grow by one, within one epoch',
      'a pod that publishes among others keeps its own order',
    ],
  },
  {
    name: 'answers all of a turn with the receipt of the last',
    port: (port) => {
      const last = new Map<string, number>();
      return {
        publish: async (channel, item) => {
          const result = await port.publish(channel, item);
          if (result.status !== 'published' || result.receipt.position === undefined) return result;
          last.set(channel, result.receipt.position.offset);
          await turn();
          return moved(result, (last.get(channel) ?? 0) - result.receipt.position.offset);
        },
      };
    },
    bites: ['a pod that publishes among others keeps its own order'],
  },
];
