import assert from 'node:assert/strict';
import type { Publication, PublishResult } from '../../ports/broadcast-port.js';
import { line, lines, message, messages } from './messages.js';
import type { BroadcastCase, Pod } from './stage.js';

const CONFLICT: PublishResult = { status: 'conflict' };

/** The same thing sent again is applied once. */
export const onceCases: readonly BroadcastCase[] = [
  {
    name: 'a repetition gets the first receipt',
    run: async (stage) => {
      const pod = await stage.pod();
      const first = await pod.publish('lobby', message('same', 'ada/1'));
      await pod.publish('lobby', message('between'));
      // The repetition has another message id and time: it is not the message that counts.
      assert.deepEqual(await pod.receipt('lobby', message('same', 'ada/1')), first);
      assert.deepEqual(await pod.receipt('lobby', message('same', 'ada/1')), first);
    },
  },
  {
    name: 'a repetition is neither told nor stored',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const first = message('same', 'ada/1');
      await pod.publish('lobby', first);
      await pod.receipt('lobby', message('same', 'ada/1'));
      assert.deepEqual(await pod.heard('lobby'), [line(first, 1)]);
      const { entries } = await pod.read('lobby', { before: 2, limit: 10 });
      assert.equal(entries.length, 1);
      assert.equal((await pod.read('lobby', { limit: 1 })).position.offset, 2, 'the message and the sentinel');
    },
  },
  {
    name: 'other content under the same key is a conflict, and nobody is told',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const first = message('same', 'ada/1');
      const receipt = await pod.publish('lobby', first);
      assert.deepEqual(await answer(pod, 'lobby', message('other', 'ada/1')), CONFLICT);
      assert.deepEqual(await pod.receipt('lobby', message('same', 'ada/1')), receipt, 'the first still stands');
      assert.deepEqual(await pod.heard('lobby'), [line(first, 1)]);
    },
  },
  {
    name: 'a key counts within its channel only',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('here');
      await pod.subscribe('there');
      const [here, there] = [message('same', 'ada/1'), message('same', 'ada/1')];
      await pod.publish('here', here);
      await pod.publish('there', there);
      assert.deepEqual(await answer(pod, 'here', message('other', 'ada/1')), CONFLICT);
      assert.deepEqual(await pod.heard('here'), [line(here, 1)]);
      assert.deepEqual(await pod.heard('there'), [line(there, 1)]);
    },
  },
  {
    name: 'repetitions in one turn are applied once',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const sent = Array.from({ length: 5 }, () => message('same', 'ada/1'));
      const receipts = await Promise.all(sent.map((item) => pod.receipt('lobby', item)));
      for (const receipt of receipts) assert.deepEqual(receipt, receipts[0]);
      const applied = sent.find(({ id }) => id === receipts[0]?.id);
      assert.ok(applied);
      assert.deepEqual(await pod.heard('lobby'), [line(applied, 1)]);
    },
  },
  {
    name: 'a repetition in one turn leaves the messages around it in order',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const first = message('same', 'ada/1');
      const [before, after] = messages('around', 2);
      assert.ok(before && after);
      const turn = [before, first, message('same', 'ada/1'), message('other', 'ada/1'), after];
      await Promise.all(turn.map((item) => answer(pod, 'lobby', item)));
      assert.deepEqual(await pod.heard('lobby'), lines([before, first, after], 1));
    },
  },
  {
    name: 'keys are compared exactly, whatever they are made of',
    run: async (stage) => {
      const pod = await stage.pod();
      const keys = [
        '1',
        '01',
        '1 ',
        '__proto__',
        'constructor',
        'ä',
        'a\u0308',
        'a\nb',
        'a:b',
        '*',
        'k'.repeat(400),
        'k'.repeat(401),
        'a\ud800',
        'a\ud801',
        'a\ufffd',
        '\udc00a',
      ];
      const sent = keys.map((key) => message('same', key));
      const first = await Promise.all(sent.map((item) => pod.receipt('lobby', item)));
      for (const [at, { id }] of first.entries()) {
        const other = sent.findIndex((item) => item.id === id);
        assert.equal(other, at, `the key ${shownKey(keys[at])} is taken for ${shownKey(keys[other])}`);
      }
      assert.equal(new Set(first.map(({ position }) => position.offset)).size, keys.length);
      const again = await Promise.all(keys.map((key) => pod.receipt('lobby', message('same', key))));
      assert.deepEqual(again, first);
    },
  },
  {
    name: 'contents are compared to the last character',
    run: async (stage) => {
      const pod = await stage.pod();
      const long = 'é'.repeat(32 * 1024);
      const first = await pod.publish('lobby', message(`${long}a`, 'ada/1'));
      assert.deepEqual(await answer(pod, 'lobby', message(`${long}b`, 'ada/1')), CONFLICT);
      assert.deepEqual(await answer(pod, 'lobby', message('', 'ada/1')), CONFLICT);
      assert.deepEqual(await pod.receipt('lobby', message(`${long}a`, 'ada/1')), first);
      await pod.publish('lobby', message('\ud800', 'ada/2'));
      assert.deepEqual(await answer(pod, 'lobby', message('\ud801', 'ada/2')), CONFLICT);
    },
  },
  {
    name: 'equal messages without a key are all published',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const sent = Array.from({ length: 3 }, () => message('same'));
      await pod.publishAll('lobby', sent);
      assert.deepEqual(await pod.heard('lobby'), lines(sent, 1));
    },
  },
  {
    name: 'a key outlives its message in the history',
    historySize: 10,
    run: async (stage) => {
      const pod = await stage.pod();
      const first = await pod.publish('lobby', message('same', 'ada/1'));
      await pod.publishAll('lobby', messages('later', 300));
      assert.deepEqual(await pod.receipt('lobby', message('same', 'ada/1')), first);
      assert.deepEqual(await answer(pod, 'lobby', message('other', 'ada/1')), CONFLICT);
    },
  },
  {
    name: 'a repetition on another pod gets the first receipt, and no pod is told',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await Promise.all([one.subscribe('lobby'), other.subscribe('lobby')]);
      const sent = message('same', 'ada/1');
      const first = await one.publish('lobby', sent);
      assert.deepEqual(await other.receipt('lobby', message('same', 'ada/1')), first);
      assert.deepEqual(await answer(other, 'lobby', message('other', 'ada/1')), CONFLICT);
      assert.deepEqual(await one.heard('lobby', other), [line(sent, 1)]);
      assert.deepEqual((await other.heard('lobby')).slice(0, 1), [line(sent, 1)]);
      assert.equal((await one.read('lobby', { limit: 10 })).position.offset, 3, 'the message and two sentinels');
    },
  },
  {
    name: 'the same message sent to two pods at once is applied once',
    needs: ['pods'],
    run: async (stage) => {
      const pods = await stage.pods(2);
      const keys = Array.from({ length: 20 }, (_, index) => `ada/${index}`);
      const send = async (pod: Pod, key: string) => await pod.receipt('lobby', message(`content of ${key}`, key));
      const [here, there] = await Promise.all(pods.map((pod) => Promise.all(keys.map((key) => send(pod, key)))));
      assert.deepEqual(here, there);
      assert.equal((await pods[0]?.read('lobby', { limit: 1 }))?.position.offset, keys.length);
    },
  },
  {
    name: 'of two contents sent to two pods at once one is a conflict',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const answers = await Promise.all([
        answer(one, 'lobby', message('mine', 'ada/1')),
        answer(other, 'lobby', message('yours', 'ada/1')),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['conflict', 'published']);
    },
  },
];

async function answer(pod: Pod, channel: string, publication: Publication): Promise<PublishResult> {
  return await pod.settled(pod.port.publish(channel, publication), 'publish');
}

function shownKey(key: string | undefined): string {
  return key === undefined ? 'one that nobody used' : JSON.stringify(key);
}
