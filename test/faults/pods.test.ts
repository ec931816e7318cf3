import { describe, expect } from 'vitest';
import { setProcesses } from '../support/faults/process-stage.js';
import { lasting, scenario } from '../support/faults/stage.js';

describe('a pod', () => {
  scenario('is killed, and its clients resume elsewhere', async (name) => {
    const { stage, first } = await setProcesses({ roam: true });
    stage.load(400);
    await stage.flows(300);
    first?.signal('SIGKILL');
    await stage.allReady();
    await stage.flows(300);
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });

  scenario('is stopped for 20 s and goes on', async (name) => {
    const { stage, first } = await setProcesses({ roam: false });
    stage.load(200);
    await stage.flows();
    first?.signal('SIGSTOP');
    await lasting(20_000);
    first?.signal('SIGCONT');
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});
