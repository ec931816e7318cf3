import assert from 'node:assert/strict';
import { line, lines, message, messages } from './messages.js';
import type { BroadcastCase, Pod } from './stage.js';

/** One order for all, and every message exactly once. */
export const orderCases: readonly BroadcastCase[] = [
  {
    name: 'a broadcaster opened with a history says that it keeps a log',
    run: async (stage) => {
      const pod = await stage.pod();
      assert.equal(pod.port.traits.sequenced, true);
    },
  },
  {
    name: 'offsets begin with 1 and grow by one, within one epoch',
    run: async (stage) => {
      const pod = await stage.pod();
      const { epoch } = await pod.subscribe('lobby');
      for (let offset = 1; offset <= 5; offset += 1) {
        const { position } = await pod.publish('lobby', message(`message ${offset}`));
        assert.deepEqual(position, { epoch, offset });
      }
      assert.deepEqual((await pod.read('lobby', { limit: 1 })).position, { epoch, offset: 5 });
    },
  },
  {
    name: 'the publisher hears its own message exactly once',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const first = message('first');
      await pod.publish('lobby', first);
      const second = message('second');
      await pod.publish('lobby', second);
      assert.deepEqual(await pod.heard('lobby'), [line(first, 1), line(second, 2)]);
    },
  },
  {
    name: 'receipts name the id, the time and the offset that is told',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const sent = messages('receipt', 20);
      const receipts = await pod.publishAll('lobby', sent);
      const expected = sent.map((item, index) => line(item, receipts[index]?.position.offset ?? 0));
      assert.deepEqual(await pod.heard('lobby'), expected);
    },
  },
  {
    name: 'messages published in one turn keep their order: 700 of them',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const sent = messages('burst', 700);
      await pod.publishAll('lobby', sent);
      assert.deepEqual(await pod.heard('lobby'), lines(sent, 1));
    },
  },
  {
    name: 'messages published in one turn to many channels keep the order of each',
    run: async (stage) => {
      const pod = await stage.pod();
      const rooms = Array.from({ length: 10 }, (_, index) => ({
        channel: `room-${index}`,
        sent: messages('hello', 30),
      }));
      await Promise.all(rooms.map(({ channel }) => pod.subscribe(channel)));
      const publishing: Promise<unknown>[] = [];
      for (let index = 0; index < 30; index += 1) {
        for (const { channel, sent } of rooms) publishing.push(pod.publish(channel, sent[index] ?? message('none')));
      }
      await Promise.all(publishing);
      for (const { channel, sent } of rooms) assert.deepEqual(await pod.heard(channel), lines(sent, 1));
    },
  },
  {
    name: 'a receiver that publishes while it is told hears all in order',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const answers = messages('answer', 3);
      const waiting = [...answers];
      const publishing: Promise<unknown>[] = [];
      pod.recorder.hook = () => {
        const next = waiting.shift();
        if (next) publishing.push(pod.publish('lobby', next));
      };
      const question = message('question');
      await pod.publish('lobby', question);
      await pod.recorder.until('lobby', line(answers.at(-1) ?? question, 4));
      await Promise.all(publishing);
      assert.deepEqual(await pod.heard('lobby'), lines([question, ...answers], 1));
    },
  },
  {
    name: 'every pod hears what another publishes exactly once',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await Promise.all([one.subscribe('lobby'), other.subscribe('lobby')]);
      const sent = messages('hello', 20);
      await one.publishAll('lobby', sent);
      assert.deepEqual(await other.heard('lobby', one), lines(sent, 1));
      // The other pod's sentinel comes to the publisher behind every echo of its own.
      const own = await one.heard('lobby', other);
      assert.deepEqual(own, other.recorder.lines('lobby').slice(0, own.length));
      assert.equal(own.length, sent.length + 1, 'the messages and the first sentinel');
    },
  },
  {
    name: 'all pods hear the same bytes in the same order when all publish at once',
    needs: ['pods'],
    run: async (stage) => {
      const pods = await stage.pods(3);
      await Promise.all(pods.map((pod) => pod.subscribe('lobby')));
      const sent = pods.map((_, index) => messages(`pod ${index}`, 100));
      const receipts = await Promise.all(pods.map((pod, index) => pod.publishAll('lobby', sent[index] ?? [])));
      const log = sent.flatMap((own, pod) =>
        own.map((item, index) => ({ item, offset: receipts[pod]?.[index]?.position.offset ?? 0 })),
      );
      const expected = log.toSorted((a, b) => a.offset - b.offset).map(({ item, offset }) => line(item, offset));
      for (const pod of pods) assert.deepEqual(await pod.heard('lobby').then((told) => told.slice(0, 300)), expected);
    },
  },
  {
    name: 'a pod that publishes among others keeps its own order',
    needs: ['pods'],
    run: async (stage) => {
      const pods = await stage.pods(3);
      const publish = async (pod: Pod): Promise<void> => {
        // Rounds with a wait between, so that the pods' bursts interleave.
        let last = 0;
        for (let round = 0; round < 5; round += 1) {
          for (const { position } of await pod.publishAll('lobby', messages(`round ${round}`, 20))) {
            assert.ok(position.offset > last, `offset ${position.offset} after ${last}`);
            last = position.offset;
          }
        }
      };
      await Promise.all(pods.map(publish));
    },
  },
];
