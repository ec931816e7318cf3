import assert from 'node:assert/strict';
import { announceCases } from './announce.js';
import { channelCases } from './channels.js';
import { closeCases } from './close.js';
import { foreignCases } from './foreign.js';
import { frameCases } from './frames.js';
import type { BroadcastCapability, BroadcastHarness } from './harness.js';
import { message } from './messages.js';
import { onceCases } from './once.js';
import { orderCases } from './order.js';
import { readCases } from './read.js';
import { retentionCases } from './retention.js';
import { type BroadcastCase, Stage } from './stage.js';
import { subscribeCases } from './subscribe.js';
import { unsequencedCases } from './unsequenced.js';
import type { ContractCase } from '../contract-case.js';
import { DEADLINE_MS } from '../in-time.js';
import { leavingNothing } from '../left-open.js';
import { sayWhat } from '../say-what.js';
import { checkWaiver, waivedOf, waiverName } from '../waiver.js';

// Longer than any burst of the suite, so that only the cases about retention meet its limit.
const HISTORY_SIZE = 1000;

const capabilities: readonly BroadcastCapability[] = ['sequenced', 'unsequenced', 'pods', 'foreign', 'expiry'];

const sequenced = [
  ...subscribeCases,
  ...orderCases,
  ...channelCases,
  ...frameCases,
  ...readCases,
  ...retentionCases,
  ...onceCases,
  ...foreignCases,
  ...closeCases,
].map((item) => grouped(item, 'sequenced', HISTORY_SIZE));

const unsequenced = unsequencedCases.map((item) => grouped(item, 'unsequenced', 0));
// Whether there is a log makes no difference to them; a broadcaster that can be both is asked with one.
const announcing = announceCases.map(({ name, run, needs = [] }) => ({ name, run, needs, historySize: HISTORY_SIZE }));

const all = [...sequenced, ...unsequenced, ...announcing];

/**
 * What any implementation of `BroadcastPort` must do, as tests for any runner. It uses no time but deadlines: nothing
 * in it sleeps.
 *
 * @example
 * ```ts
 * for (const { name, run } of broadcastContract(harness)) it(name, run);
 * ```
 */
export function broadcastContract(harness: BroadcastHarness): ContractCase[] {
  const { waivers = {} } = harness;
  const waived = waivedOf(capabilities, waivers);
  const cases = all.filter((item) => !item.needs.some((capability) => waived.includes(capability)));
  return [
    ...cases.map((item) => bound(harness, item.name, item.historySize, item.run)),
    ...waived.map((capability) => waiver(harness, capability, waivers[capability] ?? '')),
  ];
}

function grouped(item: BroadcastCase, group: BroadcastCapability, historySize: number): Required<BroadcastCase> {
  return { historySize, ...item, needs: [group, ...(item.needs ?? [])] };
}

function bound(
  harness: BroadcastHarness,
  name: string,
  historySize: number,
  test: (stage: Stage) => Promise<void>,
): ContractCase {
  const play = async (): Promise<void> => {
    const stage = new Stage(harness, historySize);
    try {
      await test(stage);
    } finally {
      await stage.close();
    }
  };
  const deadlineMs = harness.deadlineMs ?? DEADLINE_MS;
  return { name, run: () => sayWhat(name, () => leavingNothing(play, deadlineMs)) };
}

function waiver(harness: BroadcastHarness, capability: BroadcastCapability, reason: string): ContractCase {
  const historySize = capability === 'unsequenced' ? 0 : HISTORY_SIZE;
  return bound(harness, waiverName(capability, reason), historySize, async (stage) => {
    checkWaiver(capability, reason, await has(capability, stage));
  });
}

async function has(capability: BroadcastCapability, stage: Stage): Promise<boolean> {
  switch (capability) {
    case 'foreign':
      return stage.harness.publishForeign !== undefined;
    case 'expiry':
      return stage.harness.expire !== undefined;
    case 'sequenced':
      return (await stage.pod()).port.traits.sequenced;
    case 'unsequenced':
      return !(await stage.pod()).port.traits.sequenced;
    case 'pods':
      return await shared(stage);
  }
}

async function shared(stage: Stage): Promise<boolean> {
  const [one, other] = await stage.pods(2);
  assert.ok(one && other);
  if (!one.port.traits.sequenced) return false;
  const { position } = await one.publish('shared', message('is anybody there'));
  return (await other.read('shared', { limit: 1 })).position.epoch === position.epoch;
}
