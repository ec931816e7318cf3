import assert from 'node:assert/strict';
import type { Publication } from '../../ports/broadcast-port.js';
import { line, lines, message, messages } from './messages.js';
import type { BroadcastCase, Pod } from './stage.js';

/** Without a history: plain publish and subscribe, local connections first. */
export const unsequencedCases: readonly BroadcastCase[] = [
  {
    name: 'without a history: the broadcaster says that it keeps no log',
    run: async (stage) => {
      const pod = await stage.pod();
      assert.equal(pod.port.traits.sequenced, false);
    },
  },
  {
    name: 'without a history: the own pod is told before publish returns, without an offset',
    run: async (stage) => {
      const pod = await stage.pod();
      await join(pod, 'lobby');
      const sent = messages('hello', 3);
      const publishing: Promise<unknown>[] = [];
      for (const [index, item] of sent.entries()) {
        publishing.push(send(pod, 'lobby', item));
        assert.deepEqual(
          pod.recorder.lines('lobby'),
          sent.slice(0, index + 1).map((told) => line(told, 0)),
        );
      }
      await Promise.all(publishing);
    },
  },
  {
    name: 'without a history: receipts and subscriptions have no position',
    run: async (stage) => {
      const pod = await stage.pod();
      assert.deepEqual({ ...(await pod.settled(pod.port.subscribe('lobby'), 'subscribe')) }, { status: 'subscribed' });
      const sent = message('hello');
      const result = await pod.settled(pod.port.publish('lobby', sent), 'publish');
      assert.deepEqual({ ...result }, { status: 'published', receipt: { id: sent.id, ts: sent.ts } });
    },
  },
  {
    name: 'without a history: a channel that nobody listens to takes messages and tells nobody',
    run: async (stage) => {
      const pod = await stage.pod();
      await join(pod, 'lobby');
      await send(pod, 'elsewhere', message('unheard'));
      await send(pod, 'lobby', message('heard'));
      assert.deepEqual(pod.recorder.channels(), ['lobby']);
    },
  },
  {
    name: 'without a history: nothing is told after unsubscribe, and only what is new after subscribing again',
    run: async (stage) => {
      const pod = await stage.pod();
      await join(pod, 'lobby');
      pod.port.unsubscribe('lobby');
      await send(pod, 'lobby', message('unheard'));
      assert.deepEqual(pod.recorder.channels(), []);
      await join(pod, 'lobby');
      const fresh = message('fresh');
      await send(pod, 'lobby', fresh);
      assert.deepEqual(pod.recorder.lines('lobby'), [line(fresh, 0)]);
    },
  },
  {
    name: 'without a history: other pods hear every message exactly once, in order',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await Promise.all([join(one, 'lobby'), join(other, 'lobby')]);
      const sent = messages('hello', 100);
      await Promise.all(sent.map((item) => send(one, 'lobby', item)));
      assert.deepEqual(await heardFrom(one, other, 'lobby'), unnumbered(sent));
    },
  },
  {
    name: 'without a history: the publisher does not hear its own message again from the broker',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await Promise.all([join(one, 'lobby'), join(other, 'lobby')]);
      const sent = messages('hello', 20);
      await Promise.all(sent.map((item) => send(one, 'lobby', item)));
      await heardFrom(one, other, 'lobby');
      // The other pod has heard all of it, so its answer comes to the publisher behind every echo.
      assert.deepEqual((await heardFrom(other, one, 'lobby')).slice(0, -1), unnumbered(sent));
    },
  },
  {
    name: 'without a history: channels do not mix on other pods',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const names = ['', 'global', 'room', 'room:', 'roo', '*', '__proto__', 'grüße'];
      await Promise.all(names.map((channel) => join(other, channel)));
      const sent = names.map((channel) => ({ channel, item: message(`to ${channel}`) }));
      await Promise.all(sent.map(({ channel, item }) => send(one, channel, item)));
      for (const { channel, item } of sent) assert.deepEqual(await heardFrom(one, other, channel), [line(item, 0)]);
    },
  },
  {
    name: 'without a history: large frames and text of several bytes a character cross whole',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      await join(other, 'lobby');
      const sent = ['grüße 👋', '語'.repeat(22_000), ''].map((content) => message(content));
      await Promise.all(sent.map((item) => send(one, 'lobby', item)));
      assert.deepEqual(await heardFrom(one, other, 'lobby'), unnumbered(sent));
    },
  },
  {
    name: 'without a history: a closed broadcaster answers unavailable and tells nobody',
    run: async (stage) => {
      const pod = await stage.pod();
      await join(pod, 'lobby');
      await pod.settled(pod.port.close(), 'close');
      const result = await pod.settled(pod.port.publish('lobby', message('late')), 'publish');
      assert.equal(result.status, 'unavailable');
      assert.equal((await pod.settled(pod.port.subscribe('lobby'), 'subscribe')).status, 'unavailable');
      assert.deepEqual(pod.recorder.channels(), []);
    },
  },
];

async function join(pod: Pod, channel: string): Promise<void> {
  const { status } = await pod.settled(pod.port.subscribe(channel), 'subscribe');
  assert.equal(status, 'subscribed');
}

async function send(pod: Pod, channel: string, publication: Publication): Promise<void> {
  const { status } = await pod.settled(pod.port.publish(channel, publication), 'publish');
  assert.equal(status, 'published');
}

/** What `to` heard of a channel before a sentinel that `from` sent. */
async function heardFrom(from: Pod, to: Pod, channel: string): Promise<readonly string[]> {
  const sentinel = message('sentinel');
  await send(from, channel, sentinel);
  const last = line(sentinel, 0);
  await to.recorder.until(channel, last);
  const told = to.recorder.lines(channel);
  return told.slice(0, told.indexOf(last));
}

function unnumbered(publications: readonly Publication[]): string[] {
  return publications.map((item) => lines([item], 0)[0] ?? '');
}
