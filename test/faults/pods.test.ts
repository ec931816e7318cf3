import { describe, expect, onTestFinished } from 'vitest';
import { PodProcess } from '../support/pod-process.js';
import { lasting, scenario, Stage } from '../support/faults/stage.js';

/** Pods in processes of their own, whose clients go to the next pod where they lose theirs. */
async function setProcesses(options: { readonly roam: boolean }) {
  const processes: PodProcess[] = [];
  const start = async (env: Readonly<Record<string, string>>): Promise<number> => {
    const pod = await PodProcess.start(env);
    onTestFinished(async () => {
      pod.signal('SIGCONT');
      await pod.stop();
    });
    processes.push(pod);
    return pod.port;
  };
  const enter = (pod: number) => {
    let tries = 0;
    return { pod: () => (options.roam ? (pod + tries++) % 3 : pod) };
  };
  const stage = await Stage.set({ start, enter });
  return { stage, first: processes[0] };
}

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
