import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import type { BroadcastPort, PublishResult } from '../../src/ports/broadcast-port.js';
import { eventually } from '../support/eventually.js';
import { redisEnv } from '../support/pods.js';
import { publication } from '../support/publication.js';

/** A pod's broadcaster, and all that it was told of messages. */
async function startBroadcaster({ REDIS_URL: url, REDIS_PREFIX: prefix }: ReturnType<typeof redisEnv>) {
  const broadcaster = redisBroadcaster({ url, prefix });
  const told: unknown[] = [];
  onTestFinished(() => broadcaster.close());
  const published = (_channel: string, _first: number, frames: readonly Uint8Array[]): void =>
    void told.push(...frames.map((frame) => JSON.parse(Buffer.from(frame).toString()) as unknown));
  await broadcaster.start({ published, lost() {}, reset() {}, foreign() {}, announced() {} });
  return { broadcaster, told };
}

/** Publishes messages in one turn, and thus in one call. */
function publishAll(broadcaster: BroadcastPort, ...ids: readonly string[]): Promise<PublishResult[]> {
  return Promise.all(ids.map(async (id) => broadcaster.publish('lobby', publication(id))));
}

/** The stored messages, each with the offset that it is stored at and the one that it says it has. */
async function stored(broadcaster: BroadcastPort): Promise<unknown[]> {
  const result = await broadcaster.read('lobby', { after: 0, limit: 100 });
  if (result.status !== 'read') throw new Error(`read: ${result.status}`);
  return result.entries.map(({ offset, frame }) => [offset, JSON.parse(Buffer.from(frame).toString())]);
}

function messages(ids: readonly string[], first = 1): { id: string; offset: number }[] {
  return ids.map((id, index) => ({ id, offset: first + index }));
}

const inPlace = (ids: readonly string[]) => messages(ids).map((message) => [message.offset, message]);
const series = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('messages that a pod sends as the log is expected to take them', () => {
  it.each([
    ['by a pod that listens to the room', true],
    ['by one that does not', false],
  ])('are right where numbers get longer on the way: %s', async (_, listens) => {
    const { broadcaster, told } = await startBroadcaster(redisEnv());
    if (listens) await broadcaster.subscribe('lobby');
    const calls = [7, 6, 1, 80, 9, 3, 1].map((count, call) => series(`call ${call}: `, count));
    for (const ids of calls) await publishAll(broadcaster, ...ids);
    const all = calls.flat();
    expect(await stored(broadcaster)).toEqual(inPlace(all).slice(-100));
    if (listens) await eventually(() => told, messages(all));
  });

  it('are right where another pod has spoken that this one does not hear', async () => {
    const env = redisEnv();
    const one = await startBroadcaster(env);
    const two = await startBroadcaster(env);
    await one.broadcaster.subscribe('lobby');
    const calls = series('call ', 6).map((call) => series(`${call}: `, 5));
    for (const [index, ids] of calls.entries()) await publishAll((index % 2 ? two : one).broadcaster, ...ids);
    expect(await stored(two.broadcaster)).toEqual(inPlace(calls.flat()));
    await eventually(() => one.told, messages(calls.flat()));
  });

  it('are right where some of them were published before', async () => {
    const env = redisEnv();
    const one = await startBroadcaster(env);
    const two = await startBroadcaster(env);
    for (const { broadcaster } of [one, two]) await broadcaster.subscribe('lobby');
    const once = (id: string, content = id) => ({ ...publication(id), once: { key: id, content } });
    const publish = (broadcaster: BroadcastPort, ...all: ReturnType<typeof once>[]): Promise<PublishResult[]> =>
      Promise.all(all.map(async (each) => broadcaster.publish('lobby', each)));
    await publish(one.broadcaster, ...series('a', 9).map((id) => once(id)));
    await eventually(() => two.told.length, 9);
    const results = await publish(
      two.broadcaster,
      once('a0'),
      once('b0'),
      once('a3', 'other'),
      once('b1'),
      once('b1'),
      once('b2'),
      once('a8'),
    );
    const offsets = results.map((result) => (result.status === 'published' ? result.receipt.position?.offset : 'no'));
    expect(offsets).toEqual([1, 10, 'no', 11, 11, 12, 9]);
    const all = [...series('a', 9), ...series('b', 3)];
    expect(await stored(one.broadcaster)).toEqual(inPlace(all));
    for (const { told } of [one, two]) await eventually(() => told, messages(all));
  });
});
