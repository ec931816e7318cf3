import type { ContractCase } from '../contract-case.js';
import { closingCases } from './closing.js';
import { companyCases } from './company.js';
import { doorCases } from './door.js';
import type { TransportHarness, TransportSettings } from './harness.js';
import { pauseCases } from './pause.js';
import { pressureCases } from './pressure.js';
import { receivingCases } from './receiving.js';
import { sendingCases } from './sending.js';
import { Stage, type TransportCase } from './stage.js';

const SETTINGS: TransportSettings = { messageBytes: 65_536, sendBufferBytes: 4_194_304 };

const all: readonly TransportCase[] = [
  ...doorCases,
  ...receivingCases,
  ...sendingCases,
  ...closingCases,
  ...pressureCases,
  ...pauseCases,
  ...companyCases,
];

/**
 * What any transport must do for the domain, as tests for any runner: the MUSTs of `ChatPort` and `ConnectionPort`. It
 * brings its own domain, which only writes down, and never sleeps.
 *
 * @example
 * ```ts
 * for (const { name, run } of transportContract(harness)) it(name, run);
 * ```
 */
export function transportContract(harness: TransportHarness): ContractCase[] {
  const cases = all.filter((item) => item.needs === undefined || (harness.subprotocols ?? true));
  return cases.map((item) => ({ name: item.name, run: () => play(harness, item) }));
}

async function play(harness: TransportHarness, item: TransportCase): Promise<void> {
  const stage = await Stage.open(harness, { ...SETTINGS, ...item.settings });
  try {
    await item.run(stage);
  } catch (error) {
    // The case's own failure says more than what its end may find.
    await stage.stop().catch(() => {});
    throw error;
  }
  await stage.strike();
}
