import { describe, it } from 'vitest';
import { transportContract } from '../../src/contract/transport/contract.js';
import { wsHarness } from '../support/ws-harness.js';

describe('ws, bytes made once for all', () => {
  for (const { name, run } of transportContract(wsHarness())) it(name, run);
});

describe('ws over TLS', () => {
  for (const { name, run } of transportContract(wsHarness({}, undefined, 'tls'))) it(name, run);
});

describe('ws over a stream that is no socket', () => {
  for (const { name, run } of transportContract(wsHarness({}, undefined, 'stream'))) it(name, run);
});

describe('ws, frame by frame', () => {
  for (const { name, run } of transportContract(wsHarness({ directWrites: false }))) it(name, run);
});
