import { describe, expect, it, onTestFinished } from 'vitest';
import { TOKENS } from '../../src/app/tokens.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { isPublisher, type Passage } from '../support/faults/passage.js';
import { startPod, type Pod } from '../support/pods.js';
import { startRedis, type RedisServer } from '../support/redis.js';

/** A Redis that can be rewound to where it was saved. */
async function ownRedis(): Promise<RedisServer> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

async function restart(redis: RedisServer): Promise<void> {
  await redis.crash();
  await redis.start();
}

type Env = Readonly<Record<string, string>>;

/** A pod, and its own way to Redis. */
async function podBehindProxy(redis: RedisServer, env: Env = {}): Promise<{ pod: Pod; proxy: ChaosProxy }> {
  const proxy = await ChaosProxy.before(redis.port);
  onTestFinished(() => proxy.close());
  return { pod: await startPod({ ...env, REDIS_URL: proxy.url }), proxy };
}

function readiness(pod: Pod): Promise<number> {
  return pod.get('/readyz').then(({ status }) => status);
}

/** In how many runs of Redis pods have begun to agree on what became of the rooms: their scripts are known by then. */
async function runs(redis: RedisServer): Promise<number> {
  return (await redis.cli('KEYS', 'realtime:run:*')).split('\n').length;
}

/** Once a pod listens again, and asks something with this in it: before that gets through, something happens. */
function onceItAsks(proxy: ChaosProxy, text: string, happens: (passage: Passage) => void): void {
  const wait = (): void => {
    for (const passage of proxy.passages(isPublisher)) passage.onceSaid(text, () => happens(passage));
  };
  proxy.treat((passage) => passage.onceSaid('subscribe', wait));
}

/** Restarts Redis, which then refuses the first word of a pod on what became of the rooms. */
async function restartRefusing(redis: RedisServer, proxy: ChaosProxy): Promise<void> {
  onceItAsks(proxy, ':mark', (passage) => {
    passage.stall();
    void redis.cli('ACL', 'SETUSER', 'default', '-hexists').then(() => passage.heal());
  });
  await restart(redis);
  await eventually(async () => (await redis.cli('ACL', 'LOG')).includes('hexists'), true);
  await redis.cli('ACL', 'SETUSER', 'default', '+hexists');
}

describe('a call that was under way when Redis was restarted', () => {
  it('takes no place in a log that was rewound: what was there before is told to be gone', async () => {
    const redis = await ownRedis();
    await startPod({ REDIS_URL: redis.url });
    const { pod, proxy } = await podBehindProxy(redis);
    const ada = await pod.connect({ rooms: ['lobby'] });
    await ada.say('first', 'lobby');
    await redis.cli('SAVE');
    const { epoch } = await ada.say('forgotten', 'lobby');
    const close = (): void => {
      proxy.refuse();
      proxy.cut();
    };
    for (const passage of proxy.passages(isPublisher)) passage.onceSaid('under way', close);
    ada.send({ room: 'lobby', data: { content: 'under way' } });
    await eventually(() => proxy.passages().length, 0);
    await restart(redis);
    // The call is sent again to a Redis that knows the scripts of another pod already.
    await eventually(() => runs(redis), 2);
    proxy.accept();
    const { offset } = await ada.hears('under way', 'lobby');
    const gaps = ada.ofType('gap').filter(({ room }) => room === 'lobby');
    expect(gaps).toEqual([expect.objectContaining({ data: expect.objectContaining({ cause: 'reset', to: 1 }) })]);
    expect(gaps[0]?.data.epoch).not.toBe(epoch);
    expect(offset).toBe(2);
  });
});

describe('a Redis that comes back as it was before it was wiped', () => {
  it.each([
    ['', restart],
    [', nor where a pod that says so is refused at first', restartRefusing],
  ])('goes on with no epoch, also where nobody who is here knows the room%s', async (_where, comeBack) => {
    const redis = await ownRedis();
    const { pod, proxy } = await podBehindProxy(redis);
    const ada = await pod.connect();
    await ada.request({ type: 'join', room: 'attic' });
    await ada.say('saved', 'attic');
    await redis.cli('SAVE');
    const { epoch, offset } = await ada.say('not saved', 'attic');
    await ada.request({ type: 'leave', room: 'attic' });
    await redis.cli('FLUSHALL');
    await eventually(() => redis.cli('EXISTS', 'realtime:mark'), '1');
    // The pod has noticed, as Redis answers in order; and there were as many calls by now as when it was saved.
    await ada.say('after the wipe');
    await eventually(() => readiness(pod), 200);
    await comeBack(redis, proxy);
    await eventually(() => runs(redis), 2);
    await eventually(() => readiness(pod), 200);
    const grace = await pod.connect({ rooms: ['attic'] });
    await grace.say('in its place', 'attic');
    const { data } = await ada.request({ type: 'join', room: 'attic', data: { since: { epoch, offset } } });
    expect(data).toMatchObject({ offset, recovered: false });
    expect(data.epoch).not.toBe(epoch);
  });
});

describe('a pod that is not done yet with a new run of Redis', () => {
  it.each([
    ['with a log', '100', ':run:'],
    ['without one', '0', ':mark'],
  ])('takes what others publish there for what it is, %s', async (_what, HISTORY_SIZE, question) => {
    const redis = await ownRedis();
    const far = await startPod({ HISTORY_SIZE, REDIS_URL: redis.url });
    const { pod, proxy } = await podBehindProxy(redis, { HISTORY_SIZE });
    const ada = await pod.connect({ rooms: ['lobby'] });
    const grace = await far.connect({ rooms: ['lobby'] });
    await redis.cli('SAVE');
    // It will listen, and the answer that it waits for then does not get through.
    let held = 0;
    onceItAsks(proxy, question, (passage) => {
      held++;
      passage.stall();
    });
    await restart(redis);
    await eventually(() => held, 1);
    await eventually(() => readiness(far), 200);
    await grace.say('news', 'lobby');
    await redis.cli('PUBLISH', 'realtime:room:lobby', '{"data":{"content":"sentinel"}}');
    await ada.hears('sentinel', 'lobby');
    expect(pod.container.get(TOKENS.hub).counts.dropped).toBe(0);
    proxy.heal();
    await ada.hears('news', 'lobby');
  });
});
