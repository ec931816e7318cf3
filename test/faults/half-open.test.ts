import { describe, expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { isListener, isPublisher, type Passage } from '../support/faults/passage.js';
import { PROMISED_MS, scenario, Stage, until } from '../support/faults/stage.js';

/** Waits until the pod has found out, and has come back by other connections. */
async function foundOut(stage: Stage, wanted: (passage: Passage) => boolean, fault: (passage: Passage) => void) {
  const { proxy } = stage.pod(0);
  const dead = proxy.passages(wanted);
  expect(dead.length).toBe(1);
  for (const passage of dead) fault(passage);
  await until(() => !proxy.passages().some((passage) => dead.includes(passage)), 'the end of it', PROMISED_MS);
}

describe('a connection of a pod to Redis', () => {
  for (const [what, wanted] of [
    ['listens', isListener],
    ['publishes', isPublisher],
  ] as const) {
    scenario(`on which it ${what} is half-open`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      await foundOut(stage, wanted, (passage) => passage.blackHole());
      await stage.flows();
      expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
    });

    scenario(`on which it ${what} carries nothing towards the pod any more`, async (name) => {
      const stage = await Stage.set();
      stage.load(300);
      await stage.flows();
      await foundOut(stage, wanted, (passage) => passage.blackHole('towards the pod'));
      await stage.flows();
      expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
    });
  }

  scenario('on which it listens is starved: it says that it is not ready until it hears again', async (name) => {
    const stage = await Stage.set();
    const { proxy, port } = stage.pod(0);
    const readiness = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
    expect(await readiness()).toBe(200);
    proxy.refuse();
    for (const passage of proxy.passages(isListener)) passage.stall();
    await eventually(readiness, 503, PROMISED_MS);
    await stage.flowsThrough(1);
    expect(await readiness()).toBe(503);
    proxy.heal();
    await eventually(readiness, 200, PROMISED_MS);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('loses the last message, and nothing comes after it', async (name) => {
    const stage = await Stage.set();
    for (const passage of stage.pod(0).proxy.passages(isListener)) passage.blackHole('towards the pod');
    const id = stage.clients[1]?.send('lobby') ?? '';
    const late = stage.clients.filter((_, n) => n % 3 === 0);
    const receipt = () => stage.ledger.sendings.get(id)?.receipt;
    const heard = () => late.every((client) => client.hasReached('lobby', receipt() ?? { epoch: '', offset: 0 }));
    await until(heard, 'the message at the pod that was deaf', PROMISED_MS);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});
