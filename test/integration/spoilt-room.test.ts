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

it.each([
  ['connects anew', ({ proxy }: Stage) => proxy.cut(), ({ redis }: Stage) => redis.cli('DEL', HEAD)],
  [
    'finds another run of Redis',
    async ({ redis }: Stage) => {
      await redis.cli('SAVE');
      await redis.crash();
      await redis.start();
    },
    ({ redis }: Stage) => redis.cli('RENAME', KEPT, HEAD),
  ],
])('a room whose key another program has spoilt waits alone where a pod %s', async (_, happens, mend) => {
  const all = await stage();
  const { pod, ada } = all;
  await all.recovers(() => happens(all));
  await ada.say('after', 'lobby');
  await ada.hears('after', 'lobby');
  expect(ada.ofType('gap')).toEqual([]);
  const refused = await ada.request({ room: 'spoilt', data: { content: 'lost?' } });
  expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable', maybe: true } });

  await mend(all);
  await eventually(() => ada.ofType('gap').map(({ room, data }) => [room, data['cause']]), [['spoilt', 'reset']]);
  const grace = await pod.connect({ rooms: ['spoilt'] });
  await ada.say('for both', 'spoilt');
  expect(await grace.hears('for both', 'spoilt')).toEqual(await ada.hears('for both', 'spoilt'));
  expect(ada.ofType('gap')).toHaveLength(1);
});

it('a room whose key another program has spoilt lets nobody in while it can not be read', async () => {
  const { proxy, ada, recovers } = await stage();
  await recovers(() => proxy.cut());
  await ada.request({ type: 'leave', room: 'spoilt' });
  const refused = await ada.request({ type: 'join', room: 'spoilt' });
  expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable' } });
});
