import type { ContractCase } from '../contract-case.js';
import { DEADLINE_MS } from '../in-time.js';
import { leavingNothing } from '../left-open.js';
import { sayWhat } from '../say-what.js';
import { checkWaiver, waivedOf, waiverName } from '../waiver.js';
import { closingCases } from './closing.js';
import { companyCases } from './company.js';
import { doorCases, takesHeaders, takesSubprotocols } from './door.js';
import type { TransportCapability, TransportHarness, TransportSettings } from './harness.js';
import { pauseCases } from './pause.js';
import { pressureCases } from './pressure.js';
import { receivingCases } from './receiving.js';
import { sendingCases } from './sending.js';
import { Stage, type TransportCase } from './stage.js';

const SETTINGS: TransportSettings = { messageBytes: 65_536, sendBufferBytes: 4_194_304 };

const capabilities: readonly TransportCapability[] = ['headers', 'subprotocols'];

/** Whether a capability is there. */
const probes: { readonly [Capability in TransportCapability]: (stage: Stage) => Promise<boolean> } = {
  headers: takesHeaders,
  subprotocols: takesSubprotocols,
};

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
  const { waivers = {} } = harness;
  const waived = waivedOf(capabilities, waivers);
  const cases = all.filter(({ needs }) => needs === undefined || !waived.includes(needs));
  return [...cases, ...waived.map((capability) => waiver(capability, waivers[capability] ?? ''))].map((item) => ({
    name: item.name,
    run: () => sayWhat(item.name, () => leavingNothing(() => play(harness, item), harness.deadlineMs ?? DEADLINE_MS)),
  }));
}

function waiver(capability: TransportCapability, reason: string): TransportCase {
  const run = async (stage: Stage): Promise<void> => checkWaiver(capability, reason, await probes[capability](stage));
  return { name: waiverName(capability, reason), run };
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
