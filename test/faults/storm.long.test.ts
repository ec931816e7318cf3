import { describe, expect } from 'vitest';
import { scenario } from '../support/faults/stage.js';
import { passingFaults, storm } from '../support/faults/storm.js';

describe('a storm of faults that lose nothing', () => {
  for (const REDIS_SUBSCRIBE of ['rooms', 'pattern']) {
    scenario(`subscribed by ${REDIS_SUBSCRIBE}`, async (name) => {
      expect(await storm(name, { env: { REDIS_SUBSCRIBE }, faults: passingFaults })).toMatchObject({ gaps: 0 });
    });
  }
});
