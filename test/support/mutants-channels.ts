import { setImmediate as turn } from 'node:timers/promises';
import type { BroadcastPort, Channel, SubscribeResult } from '../../src/ports/broadcast-port.js';
import { type Mutant, moved, never } from './mutant.js';

/** Takes some names for others, at the broker. */
function renamed(rename: (channel: Channel) => Channel): Pick<Mutant, 'port' | 'receiver'> {
  return {
    port: (port) => {
      const asked = new Map<Channel, Set<Channel>>();
      return {
        start: (receiver) =>
          port.start({
            lost: () => undefined,
            reset: () => undefined,
            announced: (text) => receiver.announced(text),
            published: (channel, first, frames) => {
              for (const name of asked.get(channel) ?? []) receiver.published(name, first, frames);
            },
            foreign: (channel, payload) => {
              for (const name of asked.get(channel) ?? []) receiver.foreign(name, payload);
            },
          }),
        publish: (channel, publication) => port.publish(rename(channel), publication),
        subscribe: (channel) => {
          const name = rename(channel);
          asked.set(name, (asked.get(name) ?? new Set()).add(channel));
          return port.subscribe(name);
        },
        unsubscribe: (channel) => {
          const name = rename(channel);
          if (asked.get(name)?.delete(channel) === true && asked.get(name)?.size === 0) port.unsubscribe(name);
        },
        read: (channel, query) => port.read(rename(channel), query),
      };
    },
  };
}

const OWN_LOG = 'each channel has a log of its own, whatever its name';

/** Broadcasters that take one channel for another. */
export const channelMutants: readonly Mutant[] = [
  { name: 'takes upper case for lower case', ...renamed((name) => name.toLowerCase()), bites: [OWN_LOG] },
  {
    name: 'takes the global channel for a room called global',
    ...renamed((name) => (name === '' ? 'global' : name)),
    bites: [
      OWN_LOG,
      'each channel crosses to other pods under its own name',
      'without a history: channels do not mix on other pods',
    ],
  },
  { name: 'cuts long names', ...renamed((name) => name.slice(0, 3)), bites: [OWN_LOG] },
  {
    name: 'tells what a pattern matches',
    receiver: (receiver, port) => ({
      published: (channel, first, frames) => {
        receiver.published(channel, first, frames);
        if (channel === 'room' && port.traits.sequenced) receiver.published('*', first, frames);
      },
    }),
    bites: [OWN_LOG, 'nothing is told of a channel that was not subscribed, whatever its name'],
  },
  {
    name: 'hears the rooms of its prefix',
    receiver: (receiver) => ({
      published: (channel, first, frames) => receiver.published(channel.replace(/^room:$/, 'room'), first, frames),
    }),
    bites: [OWN_LOG],
  },
];

function after(port: BroadcastPort, change: (channel: Channel) => Promise<void>): Partial<BroadcastPort> {
  return {
    subscribe: async (channel) => {
      const result = await port.subscribe(channel);
      await change(channel);
      return result;
    },
  };
}

/** Where a channel is empty, names an epoch of that number; 0 is the right one. */
function inEpoch(result: SubscribeResult, number: number): SubscribeResult {
  if (result.status !== 'subscribed' || result.position?.offset !== 0 || number === 0) return result;
  return { ...result, position: { ...result.position, epoch: `${result.position.epoch}-${number}` } };
}

/** Broadcasters whose subscriptions begin or end at the wrong place. */
export const subscriptionMutants: readonly Mutant[] = [
  {
    name: 'begins a channel that nobody has published to anew when it was left',
    port: (port) => {
      const left = new Map<Channel, number>();
      return {
        unsubscribe: (channel) => {
          left.set(channel, (left.get(channel) ?? 0) + 1);
          port.unsubscribe(channel);
        },
        subscribe: async (channel) => inEpoch(await port.subscribe(channel), left.get(channel) ?? 0),
      };
    },
    bites: ['a channel that nobody has published to stands where it stood after it was left'],
  },
  {
    name: 'begins a channel that nobody has published to on each pod by itself',
    port: (port) => {
      const pod = Math.random();
      return { subscribe: async (channel) => inEpoch(await port.subscribe(channel), pod) };
    },
    bites: [
      'a channel that nobody has published to has one position on all pods, and the first publish keeps its epoch',
    ],
  },
  {
    name: 'never ends a subscription',
    port: () => ({ unsubscribe: () => undefined }),
    bites: [
      'nothing is told after unsubscribe',
      'unsubscribe takes effect within a burst',
      'subscribing again tells only what is new',
      'without a history: nothing is told after unsubscribe, and only what is new after subscribing again',
    ],
  },
  {
    name: 'ends a subscription a turn late',
    port: (port) => {
      const wanted = new Set<Channel>();
      return {
        subscribe: (channel) => port.subscribe(wanted.add(channel) && channel),
        unsubscribe: (channel) => {
          wanted.delete(channel);
          setImmediate(() => wanted.has(channel) || port.unsubscribe(channel));
        },
      };
    },
    bites: ['nothing is told after unsubscribe'],
  },
  {
    name: 'ends a subscription even when it was renewed meanwhile',
    port: (port) => ({ unsubscribe: (channel) => queueMicrotask(() => port.unsubscribe(channel)) }),
    bites: ['subscribe, unsubscribe and subscribe in one turn end subscribed'],
  },
  {
    name: 'tells the rest of a burst after unsubscribe',
    receiver: (receiver) => ({
      published: (channel, first, frames) => {
        for (const [index, frame] of frames.entries()) {
          receiver.published(channel, first === 0 ? 0 : first + index, [frame]);
        }
      },
    }),
    bites: ['unsubscribe takes effect within a burst'],
  },
  {
    name: 'counts subscriptions',
    port: (port) => {
      const count = new Map<Channel, number>();
      return {
        subscribe: (channel) => {
          count.set(channel, (count.get(channel) ?? 0) + 1);
          return port.subscribe(channel);
        },
        unsubscribe: (channel) => {
          const left = (count.get(channel) ?? 0) - 1;
          count.set(channel, left);
          if (left === 0) port.unsubscribe(channel);
        },
      };
    },
    bites: ['subscriptions are not counted: one unsubscribe ends two of them'],
  },
  {
    name: 'subscribes at the broker although it was taken back',
    port: (port) => ({
      subscribe: async (channel) => {
        await Promise.resolve();
        return await port.subscribe(channel);
      },
    }),
    bites: ['an unsubscribe that overtakes its subscribe wins'],
  },
  {
    name: 'never answers a subscribe that was taken back',
    port: (port) => {
      const taken = new Set<Channel>();
      return {
        unsubscribe: (channel) => {
          taken.add(channel);
          port.unsubscribe(channel);
        },
        subscribe: async (channel) => {
          const result = await port.subscribe(channel);
          return taken.delete(channel) ? await never() : result;
        },
      };
    },
    bites: ['subscribe, unsubscribe and subscribe in one turn end subscribed'],
  },
  {
    name: 'unsubscribes all channels at once',
    port: (port) => {
      const all = new Set<Channel>();
      return {
        subscribe: (channel) => port.subscribe(all.add(channel) && channel),
        unsubscribe: () => all.forEach((channel) => port.unsubscribe(channel)),
      };
    },
    bites: ['unsubscribing a channel leaves others alone, and one never subscribed does nothing'],
  },
  {
    name: 'throws when it unsubscribes what was never subscribed',
    port: (port) => {
      const all = new Set<Channel>();
      return {
        subscribe: (channel) => port.subscribe(all.add(channel) && channel),
        unsubscribe: (channel) => {
          if (!all.delete(channel)) throw new Error('not subscribed');
          port.unsubscribe(channel);
        },
      };
    },
    bites: ['unsubscribing a channel leaves others alone, and one never subscribed does nothing'],
  },
  {
    name: 'answers a position that is one too high',
    port: (port) => ({ subscribe: async (channel) => moved(await port.subscribe(channel), 1) }),
    bites: ['an empty channel stands at offset 0', 'subscribe answers the position behind what was published before'],
  },
  {
    name: 'always answers the position of the first subscribe',
    port: (port) => {
      const first = new Map<Channel, ReturnType<BroadcastPort['subscribe']>>();
      return {
        subscribe: (channel) => {
          const again = port.subscribe(channel);
          first.set(channel, first.get(channel) ?? again);
          return first.get(channel) ?? again;
        },
      };
    },
    bites: [
      'a channel subscribed twice is told once, and answers the position told last',
      'subscribing again tells only what is new',
    ],
  },
  {
    name: 'tells a new subscriber the past',
    port: (port) => {
      let past: ((channel: Channel) => Promise<void>) | undefined;
      return {
        ...after(port, async (channel) => await past?.(channel)),
        start: (receiver) => {
          past = async (channel) => {
            const result = await port.read(channel, { after: 0, limit: 1000 });
            if (result.status !== 'read') return;
            for (const { offset, frame } of result.entries) receiver.published(channel, offset, [frame]);
          };
          return port.start(receiver);
        },
      };
    },
    bites: [
      'a late subscriber hears exactly what follows its position',
      'reading tells nothing and ends no subscription',
    ],
  },
  {
    name: 'begins to listen a turn after it took the position',
    port: (port) => ({
      subscribe: async (channel) => {
        const result = await port.read(channel, { limit: 1 });
        await turn();
        const late = await port.subscribe(channel);
        return result.status === 'read' ? { status: 'subscribed', position: result.position } : late;
      },
    }),
    bites: ['a message published while subscribe is on its way is before the position or told'],
  },
  {
    name: 'answers the position of now where it began to tell from an earlier one',
    port: (port) => ({
      subscribe: async (channel) => {
        const result = await port.subscribe(channel);
        await turn();
        return port.health.ready ? await port.subscribe(channel) : result;
      },
    }),
    bites: [
      'a message published while subscribe is on its way is before the position or told',
      'a message published on another pod while subscribe is on its way is before the position or told',
    ],
  },
  {
    name: 'answers before it listens',
    port: (port) => ({
      subscribe: async (channel) => {
        const result = await port.read(channel, { limit: 1 });
        if (result.status !== 'read') return await port.subscribe(channel);
        setImmediate(() => void port.subscribe(channel));
        return { status: 'subscribed', position: result.position };
      },
    }),
    bites: [
      'what another pod publishes once subscribe is answered is told',
      'a message published on another pod while subscribe is on its way is before the position or told',
    ],
  },
];
