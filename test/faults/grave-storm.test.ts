import { describe } from 'vitest';
import { scenario } from '../support/faults/stage.js';
import { graveFaults, storm } from '../support/faults/storm.js';

describe('a storm of faults of every kind ends in resets at worst', () => {
  scenario('over a Redis that keeps what it took', async (name) => {
    await storm(name, { faults: graveFaults });
  });
});
