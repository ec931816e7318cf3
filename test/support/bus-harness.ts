import type { BroadcastHarness, BroadcastSettings } from '../../src/contract/index.js';
import type { BroadcastPort, BroadcastReceiver, Channel } from '../../src/ports/broadcast-port.js';
import { MemoryBus } from './memory-bus.js';

/** How a broken broadcaster differs from a good one. */
export interface Faults {
  /** Changes to the methods of a pod. */
  readonly port?: (port: BroadcastPort, bus: MemoryBus) => Partial<BroadcastPort>;
  /** Changes to what the pod is told. */
  readonly receiver?: (receiver: BroadcastReceiver, port: BroadcastPort) => Partial<BroadcastReceiver>;
  /** Changes to the settings that the suite asks for. */
  readonly settings?: (settings: BroadcastSettings) => BroadcastSettings;
  /** What happens at the broker in the place of expiry. */
  readonly expire?: (namespace: string, buses: Map<string, MemoryBus>) => void;
  /** What happens at the broker when another program sends something. */
  readonly foreign?: (bus: MemoryBus, channel: Channel, payload: Uint8Array) => void;
}

/** Pods around an in-process bus, which have all that the suite can ask for; with faults where given. */
export function busHarness(faults: Faults = {}, deadlineMs = 5000): BroadcastHarness {
  const buses = new Map<string, MemoryBus>();
  return {
    deadlineMs,
    open: async (namespace, asked) => {
      const settings = faults.settings?.(asked) ?? asked;
      const bus = buses.get(namespace) ?? new MemoryBus(settings.historySize);
      buses.set(namespace, bus);
      return spoiled(bus.open(), bus, faults);
    },
    publishForeign: async (namespace, channel, payload) => {
      const bus = buses.get(namespace);
      if (bus === undefined) return;
      if (faults.foreign) faults.foreign(bus, channel, payload);
      else bus.foreign(channel, payload);
    },
    expire: async (namespace) => {
      if (faults.expire) faults.expire(namespace, buses);
      else buses.get(namespace)?.expire();
    },
  };
}

function spoiled(port: BroadcastPort, bus: MemoryBus, faults: Faults): BroadcastPort {
  const good: BroadcastPort = {
    traits: port.traits,
    get health() {
      return port.health;
    },
    start: (receiver) => port.start({ ...bound(receiver), ...faults.receiver?.(receiver, port) }),
    publish: (channel, publication) => port.publish(channel, publication),
    subscribe: (channel) => port.subscribe(channel),
    unsubscribe: (channel) => port.unsubscribe(channel),
    read: (channel, query) => port.read(channel, query),
    announce: (text) => port.announce(text),
    close: () => port.close(),
  };
  const changes = faults.port?.(port, bus) ?? {};
  // Not by spreading: `health` is a getter and must stay one.
  return Object.defineProperties(good, Object.getOwnPropertyDescriptors(changes));
}

function bound(receiver: BroadcastReceiver): BroadcastReceiver {
  return {
    published: (channel, first, frames) => receiver.published(channel, first, frames),
    lost: (channel, from, to) => receiver.lost(channel, from, to),
    reset: (channel, position) => receiver.reset(channel, position),
    foreign: (channel, payload) => receiver.foreign(channel, payload),
    announced: (text) => receiver.announced(text),
  };
}
