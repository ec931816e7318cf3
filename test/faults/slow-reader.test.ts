import { describe, expect } from 'vitest';
import type { FaultClient } from '../support/faults/fault-client.js';
import { scenario, Stage, until } from '../support/faults/stage.js';

/** Lets 30 MB pass by a client that reads none of it. */
async function passBy(env: Readonly<Record<string, string>>): Promise<{ stage: Stage; reader: FaultClient }> {
  const stage = await Stage.set({ pods: 1, clients: 1, rooms: ['lobby'], env });
  const reader = stage.enter({ pod: 0 });
  for (let n = 0; n < 3; n++) stage.enter({ pod: 0, padding: 40_000 });
  await stage.allReady();
  reader.stopReading();
  stage.load(250, (client) => client !== reader);
  await stage.flows(1000);
  reader.readOn();
  return { stage, reader };
}

describe('a client that reads nothing for a while', () => {
  scenario('and falls behind the history: it is told what it missed', async (name) => {
    const { stage, reader } = await passBy({ HISTORY_SIZE: '100' });
    const gaps = () => stage.ledger.gapsOf(reader.name, 'lobby');
    await until(() => gaps().length > 0, 'the gap');
    await stage.flows();
    const verdict = await stage.settle(name);
    expect(gaps().every(({ cause }) => cause === 'slow_consumer')).toBe(true);
    expect([verdict.gaps, reader.connections]).toEqual([gaps().length, 1]);
  });

  scenario('and not behind the history: it misses nothing', async (name) => {
    const { stage, reader } = await passBy({ HISTORY_SIZE: '5000' });
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
    expect(reader.connections).toBe(1);
  });
});
