import { describe, expect, it } from 'vitest';
import { broadcastContract, type BroadcastCapability, type BroadcastHarness } from '../../src/contract/index.js';
import { busHarness } from '../support/bus-harness.js';

async function fails(harness: BroadcastHarness, part: string): Promise<boolean> {
  const found = broadcastContract(harness).filter(({ name }) => name.includes(part));
  expect(found).not.toEqual([]);
  const results = await Promise.allSettled(found.map(({ run }) => run()));
  return results.every(({ status }) => status === 'rejected');
}

function waiving(capability: BroadcastCapability, changes: Partial<BroadcastHarness> = {}): BroadcastHarness {
  return { ...busHarness(), ...changes, waivers: { [capability]: 'it is said to be missing' } };
}

describe('waivers', () => {
  it.each<BroadcastCapability>(['sequenced', 'unsequenced', 'pods', 'foreign', 'expiry'])(
    'fail where they are not needed: %s',
    async (capability) => {
      expect(await fails(waiving(capability), `waived: ${capability}`)).toBe(true);
    },
  );

  it('pass where they are needed, and leave out what needs the capability', async () => {
    const alone = busHarness();
    let pods = 0;
    const harness = waiving('pods', { open: (namespace, settings) => alone.open(`${namespace}-${pods++}`, settings) });
    expect(await fails(harness, 'waived: pods')).toBe(false);
    expect(broadcastContract(harness).some(({ name }) => name.startsWith('every pod'))).toBe(false);
  });

  it('name a reason', async () => {
    const { open } = busHarness();
    expect(await fails({ open, waivers: { expiry: ' ' } }, 'waived: expiry')).toBe(true);
    expect(await fails({ open, waivers: { expiry: 'the broker keeps all for ever' } }, 'waived: expiry')).toBe(false);
  });

  it('are asked for where a hook is missing', async () => {
    const { open } = busHarness();
    expect(await fails({ open }, 'expired messages')).toBe(true);
    expect(await fails({ open }, "another program's payload")).toBe(true);
  });
});
