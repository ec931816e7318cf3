import assert from 'node:assert/strict';
import { line, message, messages } from './messages.js';
import type { BroadcastCase, Pod } from './stage.js';

async function refusesToStart(pod: Pod): Promise<void> {
  const starting = pod.port.start(pod.recorder).then(
    () => 'resolved',
    () => 'rejected',
  );
  assert.equal(await pod.settled(starting, 'start'), 'rejected');
}

/** The end. */
export const closeCases: readonly BroadcastCase[] = [
  {
    name: 'close settles everything that is on its way',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const outstanding = [
        ...messages('outstanding', 100).map(async (item) => await pod.port.publish('lobby', item)),
        pod.port.subscribe('elsewhere'),
        pod.port.read('lobby', { limit: 10 }),
      ];
      await pod.settled(pod.port.close(), 'close');
      const results = await pod.settled(Promise.all(outstanding), 'what was on its way at close');
      for (const { status } of results) {
        assert.ok(['published', 'subscribed', 'read', 'unavailable'].includes(status), status);
      }
    },
  },
  {
    name: 'start is rejected a second time and after close, without harm',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      await refusesToStart(pod);
      const sent = message('hello');
      await pod.publish('lobby', sent);
      assert.deepEqual(await pod.heard('lobby'), [line(sent, 1)]);
      await pod.settled(pod.port.close(), 'close');
      await refusesToStart(pod);
      assert.ok(!pod.port.health.ready);
    },
  },
  {
    name: 'close leaves nothing behind that keeps the process',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('left');
      await pod.publish('left', message('hello'));
      // The suite looks for open handles after every case; this one does nothing else.
      await pod.settled(pod.port.close(), 'close');
    },
  },
  {
    name: 'close may be called again, at once and later',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.settled(Promise.all([pod.port.close(), pod.port.close()]), 'close');
      await pod.settled(pod.port.close(), 'close');
    },
  },
  {
    name: 'a closed broadcaster answers unavailable, and that for sure',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      await pod.settled(pod.port.close(), 'close');
      const results = [
        await pod.settled(pod.port.publish('lobby', message('late')), 'publish'),
        await pod.settled(pod.port.publish('lobby', message('late', 'ada/1')), 'publish'),
        await pod.settled(pod.port.subscribe('lobby'), 'subscribe'),
        await pod.settled(pod.port.subscribe('elsewhere'), 'subscribe'),
        await pod.settled(pod.port.read('lobby', { limit: 10 }), 'read'),
      ];
      for (const result of results) {
        assert.equal(result.status, 'unavailable');
        assert.notEqual('maybe' in result ? result.maybe : false, true, 'nothing was sent, so nothing is in doubt');
      }
      pod.port.unsubscribe('lobby');
      assert.deepEqual(pod.recorder.channels(), []);
    },
  },
  {
    name: 'health is ready once started, and not when closed, with a reason',
    run: async (stage) => {
      const pod = await stage.pod();
      assert.deepEqual({ ...pod.port.health }, { ready: true });
      await pod.settled(pod.port.close(), 'close');
      const { health } = pod.port;
      assert.ok(!health.ready);
      assert.notEqual(health.reason, '');
    },
  },
  {
    name: 'a closed pod is told nothing, and the others go on',
    needs: ['pods'],
    run: async (stage) => {
      const [one, closed] = await stage.pods(2);
      assert.ok(one && closed);
      await Promise.all([one.subscribe('lobby'), closed.subscribe('lobby')]);
      await closed.settled(closed.port.close(), 'close');
      const sent = message('hello');
      await one.publish('lobby', sent);
      assert.deepEqual(await one.heard('lobby'), [line(sent, 1)]);
      // A closed pod can't hear a sentinel: several rounds at its neighbour stand for one.
      for (let round = 2; round <= 5; round += 1) assert.equal((await one.heard('lobby')).length, round);
      assert.deepEqual(closed.recorder.channels(), []);
    },
  },
  {
    name: 'what was answered published before the pod closed is stored, and what was refused is not',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const sent = messages('outstanding', 50);
      const publishing = Promise.all(sent.map(async (item) => await one.port.publish('lobby', item)));
      await one.settled(one.port.close(), 'close');
      const results = await one.settled(publishing, 'publish');
      const { entries } = await other.read('lobby', { after: 0, limit: 1000 });
      const stored = entries.map(({ offset, frame }) => `${offset} ${frame.length}`);
      const sure = results.filter((result) => result.status === 'published');
      const doubtful = results.filter((result) => result.status === 'unavailable' && result.maybe === true);
      for (const { receipt } of sure) {
        const offset = receipt.position?.offset ?? 0;
        assert.ok(
          stored.some((item) => item.startsWith(`${offset} `)),
          `offset ${offset} was answered and is gone`,
        );
      }
      assert.ok(stored.length <= sure.length + doubtful.length, 'a message was stored that was refused for sure');
    },
  },
];
