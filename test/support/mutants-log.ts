import type { BroadcastPort, ReadQuery, ReadResult } from '../../src/ports/broadcast-port.js';
import type { Mutant } from './mutant.js';

type Page = Extract<ReadResult, { status: 'read' }>;

/** Changes the question or the answer of `read`. */
function reading(
  answer: (page: Page, query: ReadQuery) => Page,
  ask = (query: ReadQuery) => query,
): NonNullable<Mutant['port']> {
  return (port: BroadcastPort) => ({
    read: async (channel, query) => {
      const result = await port.read(channel, ask(query));
      return result.status === 'read' ? answer(result, query) : result;
    },
  });
}

const same = (page: Page): Page => page;

/** Broadcasters that read wrongly. */
export const readMutants: readonly Mutant[] = [
  {
    name: 'reads the message at `after` too',
    port: reading(same, (query) => (query.after === undefined ? query : { ...query, after: query.after - 1 })),
    bites: ['read after a bound: the oldest behind it', 'read between two bounds: the oldest'],
  },
  {
    name: 'reads the message at `before` too',
    port: reading(same, (query) => (query.before === undefined ? query : { ...query, before: query.before + 1 })),
    bites: ['read before a bound: the newest ahead of it'],
  },
  {
    name: 'reads the newest after a bound',
    port: reading(
      (page, { after, limit }) => ({
        ...page,
        entries: page.entries.filter(({ offset }) => offset > (after ?? 0)).slice(-limit),
      }),
      ({ before }) => (before === undefined ? { limit: 1000 } : { before, limit: 1000 }),
    ),
    bites: ['read after a bound: the oldest behind it', 'read between two bounds: the oldest'],
  },
  {
    name: 'gives the newest first',
    port: reading((page) => ({ ...page, entries: page.entries.toReversed() })),
    bites: ['read without bounds: the newest'],
  },
  {
    name: 'gives one more than the limit',
    port: reading(same, (query) => ({ ...query, limit: query.limit + 1 })),
    bites: ['read without bounds: the newest'],
  },
  {
    name: 'never says that there is more',
    port: reading((page) => ({ ...page, more: false })),
    bites: ['read without bounds: the newest', 'read after a bound: the oldest behind it'],
  },
  {
    name: 'says that there is more whenever the page is full',
    port: reading((page, { limit }) => ({ ...page, more: page.entries.length === limit })),
    bites: ['read without bounds: the newest', 'read before a bound: the newest ahead of it'],
  },
  {
    name: 'counts what retention has dropped as more',
    port: reading((page) => ({ ...page, more: page.more || (page.entries[0]?.offset ?? 1) > 1 })),
    bites: ['the history keeps the newest messages up to its size, and the position'],
  },
  {
    name: 'ignores the bytes asked for',
    port: reading(same, (query) => ({ ...query, bytes: Infinity })),
    bites: [
      'read stops at the bytes asked for',
      'read gives one message however few bytes are asked for, and says whether there are more',
    ],
  },
  {
    name: 'gives nothing where the first message is longer than the bytes asked for',
    port: reading((page, { bytes = Infinity }) => {
      const [first] = page.entries;
      return first && page.entries.length === 1 && first.frame.length > bytes ? { ...page, entries: [] } : page;
    }),
    bites: ['read gives one message however few bytes are asked for, and says whether there are more'],
  },
  {
    name: 'does not say that it stopped at the bytes asked for',
    port: reading((page, { bytes }) => (bytes === undefined ? page : { ...page, more: false })),
    bites: ['read stops at the bytes asked for'],
  },
  {
    name: 'says that there is more whenever the bytes asked for are used up',
    port: reading((page, { bytes = Infinity }) => {
      const used = page.entries.reduce((sum, { frame }) => sum + frame.length, 0);
      return { ...page, more: page.more || used >= bytes };
    }),
    bites: ['read gives one message however few bytes are asked for, and says whether there are more'],
  },
  {
    name: 'gives the offset of the last entry as the position',
    port: reading((page) => ({
      ...page,
      position: { ...page.position, offset: page.entries.at(-1)?.offset ?? page.position.offset },
    })),
    bites: ['read after a bound: the oldest behind it'],
  },
  {
    name: 'knows no position where nothing is stored',
    port: (port) => ({
      read: async (channel, query) => {
        const result = await port.read(channel, query);
        const empty = result.status === 'read' && result.entries.length === 0;
        return empty ? { ...result, position: { epoch: '', offset: 0 } } : result;
      },
    }),
    bites: [
      'reading an empty channel gives its position and nothing else',
      'expired messages leave epoch and offset as they were',
    ],
  },
  {
    name: 'stores only where somebody listens',
    port: (port) => {
      const heard = new Set<string>();
      return {
        subscribe: (channel) => port.subscribe(heard.add(channel) && channel),
        read: async (channel, query) => {
          const result = await port.read(channel, query);
          return result.status === 'read' && !heard.has(channel) ? { ...result, entries: [] } : result;
        },
      };
    },
    bites: [
      'a message published without a subscription is stored',
      'an answered publish can be read on every pod at once',
    ],
  },
  {
    name: 'ends the subscription of what it reads',
    port: (port) => ({
      read: (channel, query) => {
        port.unsubscribe(channel);
        return port.read(channel, query);
      },
    }),
    bites: ['reading tells nothing and ends no subscription'],
  },
  {
    name: 'reads what it knew a turn ago',
    port: (port, bus) => {
      const known = new Map<string, Promise<ReadResult>>();
      return {
        publish: async (channel, publication) => {
          if (bus.sequenced) known.set(channel, known.get(channel) ?? port.read(channel, { after: 0, limit: 1000 }));
          return await port.publish(channel, publication);
        },
        read: async (channel, query) => await (known.get(channel) ?? port.read(channel, query)),
      };
    },
    bites: ['offsets begin with 1 and grow by one, within one epoch'],
  },
  {
    name: 'reads on one pod what another had stored a turn ago',
    port: (port, bus) => {
      const own = new Set<string>();
      return {
        publish: (channel, publication) => port.publish(own.add(channel) && channel, publication),
        read: async (channel, query) => {
          if (own.has(channel) || bus.pods.size === 1) return await port.read(channel, query);
          const result = await port.read(channel, { ...query, before: 3 });
          return result.status === 'read' ? { ...result, position: { ...result.position, offset: 2 } } : result;
        },
      };
    },
    bites: ['an answered publish can be read on every pod at once'],
  },
];

/** Broadcasters that forget too much or too little. */
export const retentionMutants: readonly Mutant[] = [
  {
    name: 'never trims the history',
    settings: ({ historySize }) => ({ historySize: historySize * 100 }),
    bites: ['the history keeps the newest messages up to its size, and the position'],
  },
  {
    name: 'keeps one message less than it should',
    settings: ({ historySize }) => ({ historySize: Math.max(0, historySize - 1) }),
    bites: ['the history keeps the newest messages up to its size, and the position'],
  },
  {
    name: 'gives nothing after a bound that retention has passed',
    port: (port) => ({
      read: async (channel, query) => {
        const result = await port.read(channel, query);
        const passed = result.status === 'read' && (result.entries[0]?.offset ?? 0) > (query.after ?? Infinity) + 1;
        return passed ? { ...result, entries: [], more: false } : result;
      },
    }),
    bites: ['reading after a bound that retention has passed begins with the oldest stored message'],
  },
  {
    name: 'declares to keep more than it does',
    port: ({ traits }) => ({
      traits: { ...traits, retention: { messages: 2 * (traits.retention?.messages ?? 1), bytes: 1024 } },
    }),
    bites: ['the retention that it declares is what the log keeps'],
  },
  {
    name: 'forgets the position with the messages',
    expire: (namespace, buses) => buses.get(namespace)?.forget(),
    bites: ['expired messages leave epoch and offset as they were', 'expired messages do not disturb a subscription'],
  },
  {
    name: 'never expires anything',
    expire: () => undefined,
    bites: ['expired messages leave epoch and offset as they were'],
  },
  {
    name: 'says that it keeps no log although it does',
    port: (port) => ({ traits: { sequenced: !port.traits.sequenced } }),
    bites: [
      'a broadcaster opened with a history says that it keeps a log',
      'without a history: the broadcaster says that it keeps no log',
    ],
  },
  {
    name: 'names another epoch in receipts',
    port: (port) => ({
      publish: async (channel, publication) => {
        const result = await port.publish(channel, publication);
        if (result.status !== 'published' || result.receipt.position === undefined) return result;
        const position = { ...result.receipt.position, epoch: 'another' };
        return { ...result, receipt: { ...result.receipt, position } };
      },
    }),
    bites: ['offsets begin with 1 and grow by one, within one epoch'],
  },
  {
    name: 'names other ids in the receipts of a burst',
    port: (port) => ({
      publish: async (channel, publication) => {
        const result = await port.publish(channel, publication);
        if (result.status !== 'published' || (result.receipt.position?.offset ?? 0) < 12) return result;
        return { ...result, receipt: { ...result.receipt, id: 'm_other' } };
      },
    }),
    bites: ['receipts name the id, the time and the offset that is told'],
  },
];
