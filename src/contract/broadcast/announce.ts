import assert from 'node:assert/strict';
import type { BroadcastCase, Pod } from './stage.js';

/** What pods tell each other of the service itself. */
export const announceCases: readonly BroadcastCase[] = [
  {
    name: 'an announcement is told to the pod that makes it, whatever its text',
    run: async (stage) => {
      const pod = await stage.pod();
      for (const text of ['{"a":1}', 'lobby', 'é語👋\n\u0000"', 'x'.repeat(1024)]) {
        await announce(pod, text);
        await pod.recorder.untilAnnounced(text);
      }
    },
  },
  {
    name: 'an announcement is told to every pod, in the order of the pod that makes it',
    needs: ['pods'],
    run: async (stage) => {
      const pods = await stage.pods(3);
      const texts = Array.from({ length: 20 }, (_, index) => `announcement ${index}`);
      for (const text of texts) if (pods[1]) await announce(pods[1], text);
      for (const { recorder } of pods) {
        await recorder.untilAnnounced('announcement 19');
        // What is told again is told behind.
        assert.deepEqual([...new Set(recorder.announcements)], texts);
      }
    },
  },
  {
    name: 'an announcement is told to a pod that starts later',
    needs: ['pods'],
    run: async (stage) => {
      await announce(await stage.pod(), 'before');
      const late = await stage.pod();
      await late.recorder.untilAnnounced('before');
    },
  },
  {
    name: 'an announcement is in no channel',
    run: async (stage) => {
      const pod = await stage.pod();
      for (const channel of ['', 'lobby']) await pod.settled(pod.port.subscribe(channel), 'subscribe');
      await announce(pod, 'lobby');
      await pod.recorder.untilAnnounced('lobby');
      assert.deepEqual(pod.recorder.channels(), []);
    },
  },
  {
    name: 'a closed broadcaster announces nothing',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.settled(pod.port.close(), 'close');
      const { status } = await pod.settled(pod.port.announce('late'), 'announce');
      assert.equal(status, 'unavailable');
      assert.deepEqual(pod.recorder.announcements, []);
    },
  },
];

async function announce(pod: Pod, text: string): Promise<void> {
  const { status } = await pod.settled(pod.port.announce(text), 'announce');
  assert.equal(status, 'announced');
}
