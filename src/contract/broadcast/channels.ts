import assert from 'node:assert/strict';
import { line, message } from './messages.js';
import type { BroadcastCase } from './stage.js';

/**
 * Names that are easily taken for one another: the global channel, prefixes, what a broker takes for a pattern or a
 * hash tag, what an object takes for its prototype, other scripts, other cases, the longest name.
 */
const names: readonly string[] = [
  '',
  'global',
  'room',
  'room:',
  'room:global',
  'room:room',
  'roo',
  'Room',
  '*',
  'r*',
  'roo?',
  '[r]oom',
  '{room}',
  '}{',
  '__proto__',
  'constructor',
  'grüße',
  'комната',
  '部屋',
  '𝒳',
  '0',
  'a.b',
  'a:b',
  'a@b#c-d_e',
  '長'.repeat(128),
];

/** Channels don't mix, whatever their names. */
export const channelCases: readonly BroadcastCase[] = [
  {
    name: 'each channel has a log of its own, whatever its name',
    run: async (stage) => {
      const pod = await stage.pod();
      await Promise.all(names.map((channel) => pod.subscribe(channel)));
      const sent = names.map((channel) => ({ channel, item: message(`to ${channel}`) }));
      await Promise.all(sent.map(({ channel, item }) => pod.publish(channel, item)));
      for (const { channel, item } of sent) assert.deepEqual(await pod.heard(channel), [line(item, 1)]);
    },
  },
  {
    name: 'nothing is told of a channel that was not subscribed, whatever its name',
    run: async (stage) => {
      const pod = await stage.pod();
      for (const channel of ['room', '', '*', '__proto__']) {
        await pod.subscribe(channel);
        await Promise.all(names.filter((name) => name !== channel).map((name) => pod.publish(name, message('aside'))));
        await pod.heard(channel);
        pod.port.unsubscribe(channel);
      }
      assert.deepEqual(pod.recorder.channels(), ['room', '', '*', '__proto__']);
      for (const channel of pod.recorder.channels()) assert.equal(pod.recorder.lines(channel).length, 1);
    },
  },
  {
    name: 'each channel crosses to other pods under its own name',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await Promise.all(names.map((channel) => one.subscribe(channel)));
      const sent = names.map((channel) => ({ channel, item: message(`to ${channel}`) }));
      await Promise.all(sent.map(({ channel, item }) => other.publish(channel, item)));
      for (const { channel, item } of sent) assert.deepEqual(await one.heard(channel, other), [line(item, 1)]);
    },
  },
];
