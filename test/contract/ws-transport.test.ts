import { describe, it } from 'vitest';
import { transportContract } from '../../src/contract/transport-contract.js';
import { wsHarness } from '../support/ws-harness.js';

describe('ws, bytes made once for all', () => {
  for (const { name, run } of transportContract(wsHarness())) it(name, run);
});

describe('ws, frame by frame', () => {
  for (const { name, run } of transportContract(wsHarness({ directWrites: false }))) it(name, run);
});
