import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { transportContract } from '../../src/contract/transport/contract.js';
import type { ConnectOptions, TransportCapability, TransportHarness } from '../../src/contract/transport/harness.js';
import { mutants } from '../support/transport-mutants/index.js';
import { wsHarness } from '../support/ws-harness.js';

// What never comes is waited for this long; a case that breaks otherwise breaks at once.
const DEADLINE_MS = 500;
/** What Node says where an assertion has no sentence of its own. */
const BARE = /Expected (values|"actual")|should be|falsy value|did not match|must match/;

const waiving = (capability: TransportCapability, reason: string): TransportHarness => ({
  ...wsHarness(),
  waivers: { [capability]: reason },
});
/** The cases that are about each. */
const capabilities = [
  ['headers', ['passes the headers as they came']],
  [
    'subprotocols',
    ['passes the subprotocols in the order offered', 'answers the subprotocol of the admission and no other'],
  ],
] as const;

describe('every faulty transport fails the case that is about its fault', () => {
  for (const { name, bites, chat, settings } of mutants) {
    it(`${name} → ${bites.join(', ')}`, async () => {
      const real = wsHarness({}, DEADLINE_MS);
      const harness: TransportHarness = {
        ...real,
        start: (recorder, wanted) => real.start(chat?.(recorder) ?? recorder, { ...wanted, ...settings }),
      };
      const biting = transportContract(harness).filter((item) => bites.includes(item.name));
      expect(biting.map((item) => item.name)).toEqual(bites);
      expect(bites).not.toEqual([]);
      for (const { run } of biting) {
        const error: unknown = await run().catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(assert.AssertionError);
        expect(String(error)).not.toMatch(BARE);
      }
    });
  }
});

describe('the suite', () => {
  it('has a mutant for every case', () => {
    const broken = new Set(mutants.flatMap(({ bites }) => bites));
    const unproven = transportContract(wsHarness()).filter(({ name }) => !broken.has(name));
    expect(unproven.map(({ name }) => name)).toEqual([]);
  });

  it.each(capabilities)('leaves out what a transport without %s can not do', (capability, cases) => {
    const all = transportContract(wsHarness()).map(({ name }) => name);
    const fewer = new Set(transportContract(waiving(capability, 'there is no handshake')).map(({ name }) => name));
    expect(all.filter((name) => !fewer.has(name))).toEqual(cases);
  });
});

describe.each(capabilities)('a waiver of %s', (capability) => {
  const run = (harness: TransportHarness): Promise<void> | undefined =>
    transportContract(harness)
      .find(({ name }) => name.startsWith(`waived: ${capability}`))
      ?.run();

  it('fails where it is not needed', async () => {
    await expect(run(waiving(capability, 'there is no handshake'))).rejects.toThrow('is not needed');
  });

  it('passes where it is needed, and only with a reason', async () => {
    const real = wsHarness();
    const start: TransportHarness['start'] = async (chat, settings) => {
      const running = await real.start(chat, settings);
      const bare = ({ query = [] }: ConnectOptions = {}): ConnectOptions => ({ query });
      return { stop: () => running.stop(), connect: (options) => running.connect(bare(options)) };
    };
    const answer = run({ ...waiving(capability, 'there is no handshake'), start });
    expect(answer).toBeInstanceOf(Promise);
    await answer;
    await expect(run({ ...waiving(capability, ' '), start })).rejects.toThrow('a waiver names its reason');
  });
});
