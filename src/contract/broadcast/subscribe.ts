import assert from 'node:assert/strict';
import { line, lines, message, messages } from './messages.js';
import type { BroadcastCase, Pod } from './stage.js';

/** Where a subscription begins and ends. */
export const subscribeCases: readonly BroadcastCase[] = [
  {
    name: 'an empty channel stands at offset 0',
    run: async (stage) => {
      const pod = await stage.pod();
      const position = await pod.subscribe('lobby');
      assert.equal(position.offset, 0);
      assert.notEqual(position.epoch, '');
    },
  },
  {
    name: 'a channel that nobody has published to stands where it stood after it was left',
    run: async (stage) => {
      const pod = await stage.pod();
      const position = await pod.subscribe('lobby');
      pod.port.unsubscribe('lobby');
      assert.deepEqual((await pod.read('lobby', { limit: 1 })).position, position);
      assert.deepEqual(await pod.subscribe('lobby'), position);
    },
  },
  {
    name: 'a channel that nobody has published to has one position on all pods, and the first publish keeps its epoch',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const position = await one.subscribe('lobby');
      one.port.unsubscribe('lobby');
      assert.deepEqual((await other.read('lobby', { limit: 1 })).position, position);
      assert.deepEqual(await other.subscribe('lobby'), position);
      const first = await other.publish('lobby', message('first'));
      assert.deepEqual(first.position, { epoch: position.epoch, offset: 1 });
      // It may not have heard of the message yet; then it is told.
      assert.equal((await one.subscribe('lobby')).epoch, position.epoch);
    },
  },
  {
    name: 'subscribe answers the position behind what was published before',
    run: async (stage) => {
      const pod = await stage.pod();
      const receipts = await pod.publishAll('lobby', messages('before', 3));
      assert.deepEqual(await pod.subscribe('lobby'), receipts.at(-1)?.position);
    },
  },
  {
    name: 'a late subscriber hears exactly what follows its position',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.publishAll('lobby', messages('before', 3));
      const { offset } = await pod.subscribe('lobby');
      const after = messages('after', 3);
      await pod.publishAll('lobby', after);
      assert.deepEqual(await pod.heard('lobby'), lines(after, offset + 1));
    },
  },
  {
    name: 'a channel subscribed twice is told once, and answers the position told last',
    run: async (stage) => {
      const pod = await stage.pod();
      const first = await pod.subscribe('lobby');
      const sent = messages('hello', 2);
      await pod.publishAll('lobby', sent);
      assert.equal((await pod.heard('lobby')).length, 2);
      // The two messages and the sentinel behind them.
      assert.deepEqual(await pod.subscribe('lobby'), {
        epoch: first.epoch,
        offset: first.offset + 3,
      });
      const again = message('again');
      await pod.publish('lobby', again);
      assert.deepEqual((await pod.heard('lobby')).slice(3), [line(again, first.offset + 4)]);
    },
  },
  {
    name: 'subscriptions are not counted: one unsubscribe ends two of them',
    run: async (stage) => {
      const pod = await stage.pod();
      await Promise.all([pod.subscribe('lobby'), pod.subscribe('lobby')]);
      pod.port.unsubscribe('lobby');
      await pod.publish('lobby', message('unheard'));
      await pod.subscribe('lobby');
      assert.deepEqual(await pod.heard('lobby'), []);
    },
  },
  {
    name: 'nothing is told after unsubscribe',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const heard = message('heard');
      const { position } = await pod.publish('lobby', heard);
      await pod.recorder.until('lobby', line(heard, position.offset));
      pod.port.unsubscribe('lobby');
      await pod.publishAll('lobby', messages('unheard', 3));
      await pod.subscribe('lobby');
      assert.deepEqual(await pod.heard('lobby'), [line(heard, position.offset)]);
    },
  },
  {
    name: 'unsubscribe takes effect within a burst',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const left = new Promise<number>((resolve) => {
        pod.recorder.hook = () => {
          pod.recorder.hook = undefined;
          pod.port.unsubscribe('lobby');
          resolve(pod.recorder.lines('lobby').length);
        };
      });
      await pod.publishAll('lobby', messages('burst', 50));
      // Only now, or it would not be a new subscription.
      const told = await pod.settled(left, 'being told of the burst');
      await pod.publishAll('lobby', messages('rest', 10));
      await pod.subscribe('lobby');
      assert.equal((await pod.heard('lobby')).length, told, 'told within the call that unsubscribed, and no more');
    },
  },
  {
    name: 'subscribing again tells only what is new',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      pod.port.unsubscribe('lobby');
      const missed = await pod.publish('lobby', message('missed'));
      assert.deepEqual(await pod.subscribe('lobby'), missed.position);
      const fresh = message('fresh');
      const { position } = await pod.publish('lobby', fresh);
      assert.deepEqual(await pod.heard('lobby'), [line(fresh, position.offset)]);
    },
  },
  {
    name: 'subscribe, unsubscribe and subscribe in one turn end subscribed',
    run: async (stage) => {
      const pod = await stage.pod();
      const first = pod.port.subscribe('lobby');
      pod.port.unsubscribe('lobby');
      const position = await pod.subscribe('lobby');
      await pod.settled(first, 'a subscribe that was taken back');
      const sent = message('hello');
      await pod.publish('lobby', sent);
      assert.deepEqual(await pod.heard('lobby'), [line(sent, position.offset + 1)]);
    },
  },
  {
    name: 'an unsubscribe that overtakes its subscribe wins',
    run: async (stage) => {
      const pod = await stage.pod();
      const taken = pod.port.subscribe('lobby');
      pod.port.unsubscribe('lobby');
      await pod.settled(taken, 'a subscribe that was taken back');
      await pod.publish('lobby', message('unheard'));
      await pod.subscribe('lobby');
      assert.deepEqual(await pod.heard('lobby'), []);
    },
  },
  {
    name: 'unsubscribing a channel leaves others alone, and one never subscribed does nothing',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('kept');
      await pod.subscribe('left');
      pod.port.unsubscribe('left');
      pod.port.unsubscribe('never');
      const sent = message('hello');
      await pod.publish('kept', sent);
      assert.deepEqual(await pod.heard('kept'), [line(sent, 1)]);
    },
  },
  {
    name: 'a message published while subscribe is on its way is before the position or told',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.publish('lobby', message('before'));
      await subscribeAmid(pod, pod);
    },
  },
  {
    name: 'a message published on another pod while subscribe is on its way is before the position or told',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await other.publish('lobby', message('before'));
      await subscribeAmid(one, other);
    },
  },
  {
    name: 'what another pod publishes once subscribe is answered is told',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const channels = Array.from({ length: 20 }, (_, index) => `room-${index}`);
      const told = channels.map(async (channel) => {
        await one.subscribe(channel);
        const sent = message('hello');
        await other.publish(channel, sent);
        assert.deepEqual(await one.heard(channel, other), [line(sent, 1)]);
      });
      await Promise.all(told);
    },
  },
];

/**
 * Whoever reads the log up to the position and takes what is told for the rest must get each message once. So nothing up
 * to the position may be told, not even before the promise is settled.
 */
async function subscribeAmid(pod: Pod, publisher: Pod): Promise<void> {
  const early = messages('early', 25);
  const late = messages('late', 25);
  const publishing = publisher.publishAll('lobby', early);
  const subscribing = pod.subscribe('lobby');
  await Promise.all([publishing, publisher.publishAll('lobby', late)]);
  const { offset } = await subscribing;
  const log = ['#1', ...lines([...early, ...late], 2)];
  assert.deepEqual(await pod.heard('lobby', publisher), log.slice(offset));
}
