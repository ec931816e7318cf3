import { describe, it } from 'vitest';
import { memoryBroadcaster } from '../../src/adapters/memory/index.js';
import { broadcastContract, type BroadcastHarness } from '../../src/contract/index.js';
import { ManualClock } from '../support/manual-clock.js';

const clocks = new Map<string, ManualClock>();

const harness: BroadcastHarness = {
  open: async (namespace, { historySize }) => {
    const clock = new ManualClock();
    clocks.set(namespace, clock);
    return memoryBroadcaster({ historySize, clock });
  },
  expire: async (namespace) => clocks.get(namespace)?.advance(86_400_000),
  waivers: {
    pods: 'it lives in the memory of one pod',
    foreign: 'no other program can reach the memory of a pod',
  },
};

describe('memory broadcaster keeps the contract', () => {
  for (const { name, run } of broadcastContract(harness)) it(name, run, 15_000);
});
