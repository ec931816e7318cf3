import { expect, it, onTestFinished } from 'vitest';
import { Crowd } from '../support/abuse/crowd.js';
import { PodProcess } from '../support/pod-process.js';

it('those who behave notice it where the pod stands still for 5 s', async () => {
  const pod = await PodProcess.start();
  onTestFinished(async () => void (await pod.stop()));
  const crowd = await Crowd.gather(pod.port, (name) => ({ name }));
  await crowd.noticedNothing();
  pod.signal('SIGSTOP');
  await expect(crowd.noticedNothing()).rejects.toThrow('not heard by all, or not answered, after 5000 ms');
  pod.signal('SIGCONT');
  // All of it comes in the end, and that is too late.
  await expect(crowd.noticedNothing()).rejects.toThrow('after 5000 ms');
  await crowd.leave();
});
