import { describe } from 'vitest';
import { scenario } from '../support/faults/stage.js';
import { graveFaults, lossyFaults, storm } from '../support/faults/storm.js';

describe('a storm of faults of every kind ends in resets at worst', () => {
  scenario('over a Redis that keeps what it took', async (name) => {
    await storm(name, { faults: graveFaults });
  });

  scenario('over one that forgets, is rewound and flushed', async (name) => {
    await storm(name, { faults: lossyFaults, redis: [] });
  });
});
