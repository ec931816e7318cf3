import assert from 'node:assert/strict';
import { line, message, messages } from './messages.js';
import type { BroadcastCase } from './stage.js';

const KEPT = 10;
const PUBLISHED = 300;

/** What may be forgotten, and what may not. */
export const retentionCases: readonly BroadcastCase[] = [
  {
    name: 'the history keeps the newest messages up to its size, and the position',
    historySize: KEPT,
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.publishAll('lobby', messages('log', PUBLISHED));
      const { position, entries, more } = await pod.read('lobby', { limit: 1000 });
      assert.equal(position.offset, PUBLISHED);
      assert.equal(more, false);
      const most = KEPT + (stage.harness.historySlack ?? 0);
      assert.ok(
        entries.length >= KEPT && entries.length <= most,
        `${entries.length} are stored, not ${KEPT} to ${most}`,
      );
      const offsets = entries.map(({ offset }) => offset);
      assert.deepEqual(
        offsets,
        offsets.map((_, index) => PUBLISHED - offsets.length + 1 + index),
      );
    },
  },
  {
    name: 'the retention that it declares is what the log keeps',
    historySize: KEPT,
    run: async (stage) => {
      const pod = await stage.pod();
      const { retention } = pod.port.traits;
      if (!retention) return;
      await pod.publishAll('lobby', messages('log', PUBLISHED));
      const { entries } = await pod.read('lobby', { limit: 1000 });
      const least = retention.messages;
      const most = least + (stage.harness.historySlack ?? 0);
      assert.ok(
        entries.length >= least && entries.length <= most,
        `traits.retention declares ${least} messages, and ${entries.length} are stored`,
      );
      assert.ok(retention.bytes > 0, `traits.retention declares ${retention.bytes} bytes, expected more than 0`);
    },
  },
  {
    name: 'reading after a bound that retention has passed begins with the oldest stored message',
    historySize: KEPT,
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.publishAll('lobby', messages('log', PUBLISHED));
      const all = await pod.read('lobby', { limit: 1000 });
      const first = all.entries[0]?.offset ?? 0;
      const { entries, more } = await pod.read('lobby', { after: 1, limit: 3 });
      assert.deepEqual(
        entries.map(({ offset }) => offset),
        [first, first + 1, first + 2],
      );
      assert.equal(more, true);
      const none = await pod.read('lobby', { before: first, limit: 3 });
      assert.deepEqual({ entries: none.entries, more: none.more }, { entries: [], more: false });
    },
  },
  {
    name: 'expired messages leave epoch and offset as they were',
    needs: ['expiry'],
    run: async (stage) => {
      const pod = await stage.pod();
      const { position } = await pod.publish('lobby', message('expires'));
      await stage.expire();
      const gone = await pod.read('lobby', { after: 0, limit: 10 });
      assert.deepEqual(
        { ...gone, position: { ...gone.position } },
        { status: 'read', position, entries: [], more: false },
      );
      assert.deepEqual(await pod.subscribe('lobby'), position);
      const fresh = message('fresh');
      const next = await pod.publish('lobby', fresh);
      assert.deepEqual(next.position, { epoch: position.epoch, offset: position.offset + 1 });
      const { entries, more } = await pod.read('lobby', { after: 0, limit: 10 });
      assert.deepEqual({ offsets: entries.map(({ offset }) => offset), more }, { offsets: [2], more: false });
      assert.deepEqual(await pod.heard('lobby'), [line(fresh, 2)]);
    },
  },
  {
    name: 'expired messages do not disturb a subscription',
    needs: ['expiry'],
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      const [first, second] = messages('log', 2);
      assert.ok(first && second);
      await pod.publish('lobby', first);
      await pod.recorder.until('lobby', line(first, 1));
      await stage.expire();
      await pod.publish('lobby', second);
      assert.deepEqual(await pod.heard('lobby'), [line(first, 1), line(second, 2)]);
    },
  },
];
