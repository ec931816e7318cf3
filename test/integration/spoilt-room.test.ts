import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { startPod } from '../support/pods.js';
import { startRedis } from '../support/redis.js';

const HEAD = 'realtime:head:room:spoilt';
const KEPT = 'kept';

/** A pod with somebody in two rooms, one of which another program has written to. */
async function stage() {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const proxy = await ChaosProxy.before(redis.port);
  onTestFinished(() => proxy.close());
  const pod = await startPod({ REDIS_URL: proxy.url });
  const ada = await pod.connect({ rooms: ['lobby', 'spoilt'] });
  for (const room of ['lobby', 'spoilt']) await ada.say('before', room);
  await redis.cli('RENAME', HEAD, KEPT);
  await redis.cli('SET', HEAD, 'just text');
  /** Waits until the pod has noticed that something happens, and has recovered. */
  const recovers = async (happens: () => unknown): Promise<void> => {
    const readiness = async (): Promise<number> => (await pod.get('/readyz')).status;
    await happens();
    await eventually(readiness, 503);
    await eventually(readiness, 200);
  };
  return { redis, proxy, pod, ada, recovers };
}

type Stage = Awaited<ReturnType<typeof stage>>;

const connectsAnew = ({ proxy }: Stage): void => proxy.cut();
const findsAnotherRun = async ({ redis }: Stage): Promise<void> => {
  await redis.cli('SAVE');
  await redis.crash();
  await redis.start();
};
const deletesKey = ({ redis }: Stage): Promise<string> => redis.cli('DEL', HEAD);
const putsKeyBack = ({ redis }: Stage): Promise<string> => redis.cli('RENAME', KEPT, HEAD);

it.each([
  ['connects anew, until the key is gone', connectsAnew, deletesKey, ['reset']],
  ['connects anew, until the key is back', connectsAnew, putsKeyBack, []],
  ['finds another run of Redis, until the key is back', findsAnotherRun, putsKeyBack, ['reset']],
])('a room whose key another program has spoilt waits alone where a pod %s', async (_, happens, mend, causes) => {
  const all = await stage();
  const { pod, ada } = all;
  await all.recovers(() => happens(all));
  await ada.say('after', 'lobby');
  await ada.hears('after', 'lobby');
  expect(ada.ofType('gap')).toEqual([]);
  const refused = await ada.request({ room: 'spoilt', data: { content: 'lost?' } });
  expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable', maybe: true } });

  await mend(all);
  const gaps = (): unknown[] => ada.ofType('gap').map(({ room, data }) => [room, data['cause']]);
  await eventually(
    gaps,
    causes.map((cause) => ['spoilt', cause]),
  );
  const grace = await pod.connect({ rooms: ['spoilt'] });
  await ada.say('for both', 'spoilt');
  expect(await grace.hears('for both', 'spoilt')).toEqual(await ada.hears('for both', 'spoilt'));
  expect(gaps()).toHaveLength(causes.length);
});

it.each([
  ['an offset that is no number', 'offset', 'abc'],
  ['an offset that is not a number', 'offset', 'nan'],
  ['an offset without end', 'offset', 'inf'],
  ['an offset that no log reaches', 'offset', '9007199254740991'],
  ['an offset below zero', 'offset', '-5'],
  ['an epoch that is too short', 'epoch', 'short'],
  ['an epoch that is too long', 'epoch', 'E'.repeat(80)],
])('a room begins from nothing where another program has written %s', async (_, field, value) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const pod = await startPod({ REDIS_URL: redis.url });
  const ada = await pod.connect({ rooms: ['lobby', 'spoilt'] });
  const before = await ada.request({ room: 'spoilt', data: { content: 'before' }, id: 'once' });
  await redis.cli('HSET', HEAD, field, value);
  for (const room of ['lobby', 'spoilt']) ada.send({ room, data: { content: 'in one call' }, id: room });
  for (const room of ['lobby', 'spoilt']) {
    await ada.until(() => ada.frames.find(({ type, re }) => type === 'ack' && re === room), 'its ack');
  }
  await ada.hears('in one call', 'lobby');
  await eventually(() => ada.ofType('gap').map(({ room, data }) => [room, data['cause']]), [['spoilt', 'reset']]);
  const again = await ada.request({ room: 'spoilt', data: { content: 'before' }, id: 'once' });
  expect(again.data.epoch).not.toBe(before.data.epoch);
  const { data } = await ada.request({ type: 'history', room: 'spoilt' });
  expect(data['messages']).toMatchObject([
    { offset: 1, data: { content: 'in one call' } },
    { offset: 2, data: { content: 'before' } },
  ]);
});

it('what another program has put into a log is told as lost', async () => {
  const { redis, proxy, ada, recovers } = await stage();
  await redis.cli('XADD', 'realtime:log:room:lobby', '2-0', 'm', 'garbage', 'b', '0');
  await redis.cli('HSET', 'realtime:head:room:lobby', 'offset', '2');
  await recovers(() => proxy.cut());
  expect(await ada.say('after', 'lobby')).toMatchObject({ offset: 3 });
  await ada.hears('after', 'lobby');
  expect(ada.ofType('gap')).toMatchObject([{ room: 'lobby', data: { cause: 'expired', from: 2, to: 2 } }]);
});

it('a room whose key another program has spoilt lets nobody in while it can not be read', async () => {
  const { proxy, ada, recovers } = await stage();
  await recovers(() => proxy.cut());
  await ada.request({ type: 'leave', room: 'spoilt' });
  const refused = await ada.request({ type: 'join', room: 'spoilt' });
  expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable' } });
});
