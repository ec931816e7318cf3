import { onTestFinished } from 'vitest';
import { PodProcess } from '../pod-process.js';
import { Stage } from './stage.js';

/** Pods in processes of their own, whose clients go to the next pod where they lose theirs. */
export async function setProcesses(options: {
  readonly roam: boolean;
}): Promise<{ readonly stage: Stage; readonly first: PodProcess | undefined }> {
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
