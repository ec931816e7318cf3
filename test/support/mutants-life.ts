import { createServer } from 'node:net';
import type { BroadcastPort, BroadcastReceiver, Channel } from '../../src/ports/broadcast-port.js';
import { type Mutant, never } from './mutant.js';

function closing(change: (close: () => Promise<void>, times: number) => Promise<void>): NonNullable<Mutant['port']> {
  return (port: BroadcastPort) => {
    let times = 0;
    return { close: () => change(() => port.close(), (times += 1)) };
  };
}

/** What a pod does after its end, in the place of answering `unavailable`. */
function closed(change: (port: BroadcastPort) => Partial<BroadcastPort>): NonNullable<Mutant['port']> {
  return (port: BroadcastPort) => {
    const { publish, subscribe, read } = { ...port, ...change(port) };
    const after = (): boolean => !port.health.ready;
    return {
      publish: (channel, item) => (after() && publish ? publish(channel, item) : port.publish(channel, item)),
      subscribe: (channel) => (after() && subscribe ? subscribe(channel) : port.subscribe(channel)),
      read: (channel, query) => (after() && read ? read(channel, query) : port.read(channel, query)),
    };
  };
}

/** Longer than a mutant is waited for, and no longer than the tests of mutants may take. */
const LEFT_MS = 3000;
const SURE = 'a closed broadcaster answers unavailable, and that for sure';
const SETTLES = 'close settles everything that is on its way';

/** Broadcasters that end badly, or begin again. */
export const closeMutants: readonly Mutant[] = [
  {
    name: 'starts twice',
    port: (port) => {
      let starting: Promise<void> | undefined;
      return { start: (receiver) => (starting ??= port.start(receiver)) };
    },
    bites: ['start is rejected a second time and after close, without harm'],
  },
  {
    name: 'leaves what is on its way unsettled at close',
    port: (port) => {
      let isClosed = false;
      const unless = async <T>(result: T | Promise<T>): Promise<T> => {
        const value = await result;
        // Two turns of the microtask queue, so that a close right behind the call is seen.
        await Promise.resolve();
        return isClosed ? await never() : value;
      };
      return {
        publish: (channel, item) => unless(port.publish(channel, item)),
        close: async () => {
          isClosed = true;
          await port.close();
        },
      };
    },
    bites: [SETTLES, SURE],
  },
  {
    name: 'leaves the timer of a channel behind',
    port: (port) => ({
      subscribe: (channel) => {
        if (channel === 'left') setTimeout(() => undefined, LEFT_MS);
        return port.subscribe(channel);
      },
    }),
    bites: ['close leaves nothing behind that keeps the process'],
  },
  {
    name: 'leaves a server behind',
    port: (port) => ({
      subscribe: async (channel) => {
        if (channel === 'left') {
          const server = createServer().listen(0, '127.0.0.1');
          setTimeout(() => server.close(), LEFT_MS).unref();
        }
        return await port.subscribe(channel);
      },
    }),
    bites: ['close leaves nothing behind that keeps the process'],
  },
  {
    name: 'never settles a second close',
    port: closing((close, times) => (times > 1 ? never() : close())),
    bites: ['close may be called again, at once and later'],
  },
  {
    name: 'rejects a second close',
    port: closing(async (close, times) => {
      if (times > 1) throw new Error('closed already');
      await close();
    }),
    bites: ['close may be called again, at once and later'],
  },
  {
    name: 'rejects after close',
    port: closed(() => ({ publish: () => Promise.reject(new Error('closed')) })),
    bites: [SURE, 'without a history: a closed broadcaster answers unavailable and tells nobody'],
  },
  {
    name: 'throws after close',
    port: closed(() => ({
      subscribe: () => {
        throw new Error('closed');
      },
    })),
    bites: [SURE],
  },
  {
    name: 'says maybe after close',
    port: closed(() => ({ publish: async () => ({ status: 'unavailable', maybe: true }) })),
    bites: [SURE],
  },
  {
    name: 'answers published after close',
    port: closed(() => ({ publish: async (_, { id, ts }) => ({ status: 'published', receipt: { id, ts } }) })),
    bites: [SURE, 'without a history: a closed broadcaster answers unavailable and tells nobody'],
  },
  {
    name: 'answers a conflict to what close cut off',
    port: (port) => ({
      publish: async (channel, item) => {
        const result = await port.publish(channel, item);
        await Promise.resolve();
        return port.health.ready ? result : { status: 'conflict' };
      },
    }),
    bites: [SETTLES],
  },
  {
    name: 'answers published to what close cut off',
    port: (port) => ({
      publish: async (channel, item) => {
        await Promise.resolve();
        const result = await port.publish(channel, item);
        if (result.status !== 'unavailable') return result;
        return { status: 'published', receipt: { id: item.id, ts: item.ts, position: { epoch: 'e', offset: 99 } } };
      },
    }),
    bites: ['what was answered published before the pod closed is stored, and what was refused is not'],
  },
  {
    name: 'answers unavailable for sure although it was stored',
    port: (port) => ({
      publish: async (channel, item) => {
        const result = await port.publish(channel, item);
        await Promise.resolve();
        return port.health.ready ? result : { status: 'unavailable' };
      },
    }),
    bites: ['what was answered published before the pod closed is stored, and what was refused is not'],
  },
  {
    name: 'is ready although it is closed',
    port: () => ({ health: { ready: true } }),
    bites: ['health is ready once started, and not when closed, with a reason'],
  },
  {
    name: 'closes the broker for all',
    port: (_, bus) => ({ close: () => bus.broker.close() }),
    bites: ['a closed pod is told nothing, and the others go on'],
  },
  {
    name: 'goes on telling after close',
    port: (port) => ({ close: async () => await (port.traits.sequenced ? undefined : port.close()) }),
    bites: ['a closed pod is told nothing, and the others go on'],
  },
];

/** Broadcasters that treat other programs' payloads wrongly. */
export const foreignMutants: readonly Mutant[] = [
  {
    name: "tells another program's payload as a message",
    receiver: (receiver) => ({ foreign: (channel, payload) => receiver.published(channel, 1, [payload]) }),
    bites: ["another program's payload is told once, as the bytes it is"],
  },
  {
    name: "tells another program's payload twice",
    foreign: (bus, channel, payload) => {
      bus.foreign(channel, payload);
      bus.foreign(channel, payload);
    },
    bites: ["another program's payload is told once, as the bytes it is"],
  },
  {
    name: "decodes and encodes another program's payload",
    receiver: (receiver) => ({
      foreign: (channel, payload) => receiver.foreign(channel, Buffer.from(Buffer.from(payload).toString('latin1'))),
    }),
    bites: ["another program's payload is told once, as the bytes it is"],
  },
  {
    name: "stores another program's payload",
    foreign: (bus, channel, payload) => {
      bus.foreign(channel, payload);
      void bus.broker.publish(channel, { id: 'm_f', ts: 0, head: Buffer.from(payload).toString(), tail: '' });
    },
    bites: ["another program's payload takes no offset and is not stored"],
  },
  {
    name: "tells another program's payload of every channel",
    foreign: (bus, channel, payload) => {
      for (const name of [channel, 'elsewhere']) bus.foreign(name, payload);
    },
    bites: ["another program's payload is told to every pod that listens, and to no other"],
  },
  {
    name: "tells one pod only of another program's payload",
    foreign: (bus, channel, payload) => [...bus.pods][0]?.arrive(channel, { payload }),
    bites: ["another program's payload is told to every pod that listens, and to no other"],
  },
  {
    name: 'takes garbage for a message',
    foreign: (bus, channel, payload) =>
      payload[0] === 0x7b ? bus.foreign(channel, payload) : bus.spread(channel, 1, payload),
    bites: ['garbage on a channel is no message and breaks none of those behind it'],
  },
  {
    name: 'goes deaf on garbage',
    foreign: (bus, channel, payload) => {
      if (payload[0] === 0x7b) bus.foreign(channel, payload);
      else for (const pod of bus.pods) pod.unsubscribe(channel);
    },
    bites: ['garbage on a channel is no message and breaks none of those behind it'],
  },
];

/** The receiver of a pod, for faults that tell it something by themselves. */
function telling(
  change: (port: BroadcastPort, receiver: () => BroadcastReceiver | undefined) => Partial<BroadcastPort>,
) {
  return (port: BroadcastPort): Partial<BroadcastPort> => {
    let receiver: BroadcastReceiver | undefined;
    return { start: (given) => port.start((receiver = given)), ...change(port, () => receiver) };
  };
}

/** Broadcasters that are wrong without a history. */
export const unsequencedMutants: readonly Mutant[] = [
  {
    name: 'without a history: tells the own pod a turn later',
    receiver: (receiver, port) => ({
      published: (channel, first, frames) => {
        if (port.traits.sequenced) receiver.published(channel, first, frames);
        else queueMicrotask(() => receiver.published(channel, first, frames));
      },
    }),
    bites: ['without a history: the own pod is told before publish returns, without an offset'],
  },
  {
    name: 'without a history: hears its own echo from the broker',
    port: telling((port, receiver) => {
      const heard = new Set<Channel>();
      return {
        subscribe: (channel) => port.subscribe(heard.add(channel) && channel),
        publish: (channel, item) => {
          const frame = Buffer.from(item.head + item.tail);
          if (!port.traits.sequenced && heard.has(channel)) {
            setImmediate(() => receiver()?.published(channel, 0, [frame]));
          }
          return port.publish(channel, item);
        },
      };
    }),
    bites: ['without a history: the publisher does not hear its own message again from the broker'],
  },
  {
    name: 'without a history: tells channels that nobody listens to',
    port: telling((port, receiver) => ({
      publish: (channel, item) => {
        if (channel === 'elsewhere') receiver()?.published(channel, 0, [Buffer.from(item.head)]);
        return port.publish(channel, item);
      },
    })),
    bites: ['without a history: a channel that nobody listens to takes messages and tells nobody'],
  },
  {
    name: 'without a history: numbers its messages all the same',
    port: (port) => {
      const position = { epoch: 'e', offset: 1 };
      return {
        subscribe: async (channel) => {
          const result = await port.subscribe(channel);
          return port.traits.sequenced || result.status !== 'subscribed' ? result : { ...result, position };
        },
        publish: async (channel, item) => {
          const result = await port.publish(channel, item);
          if (port.traits.sequenced || result.status !== 'published') return result;
          return { ...result, receipt: { ...result.receipt, position } };
        },
      };
    },
    bites: ['without a history: receipts and subscriptions have no position'],
  },
  {
    name: 'without a history: tells other pods twice',
    port: (port, bus) => ({
      publish: (channel, item) => {
        if (!bus.sequenced) {
          const frame = Buffer.from(item.head + item.tail);
          for (const pod of bus.pods) if (pod !== port) pod.arrive(channel, { offset: 0, frame });
        }
        return port.publish(channel, item);
      },
    }),
    bites: ['without a history: other pods hear every message exactly once, in order'],
  },
];
