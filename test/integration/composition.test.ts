import { describe, expect, it } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { memoryBroadcaster } from '../../src/adapters/memory/index.js';
import { TOKENS } from '../../src/app/tokens.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import { podContainer, redisEnv, startContainer, type Pod } from '../support/pods.js';
import { MemoryBus } from '../support/memory-bus.js';

/** A pod whose settings say one pod alone, with another broadcaster put in by one line. */
function podWith(broadcaster: BroadcastPort): Promise<Pod> {
  const container = podContainer({});
  container.rebind(TOKENS.broadcaster).toConstantValue(broadcaster);
  return startContainer(container);
}

async function chatAcross(one: Pod, two: Pod): Promise<void> {
  const ada = await one.connect({ rooms: ['lobby'] });
  const grace = await two.connect({ rooms: ['lobby'] });
  await ada.say('Hello!', 'lobby');
  await grace.hears('Hello!', 'lobby');
  await grace.say('to all');
  await ada.hears('to all');
  await ada.say('sentinel', 'lobby');
  await grace.hears('sentinel', 'lobby');
  expect(grace.messages('lobby')).toEqual(ada.messages('lobby'));
  expect(ada.contents('lobby')).toEqual(['Hello!', 'sentinel']);
}

describe('the composition root', () => {
  it('takes Redis in the place of memory by one line', async () => {
    const { REDIS_URL: url, REDIS_PREFIX: prefix } = redisEnv();
    await chatAcross(
      await podWith(redisBroadcaster({ url, prefix })),
      await podWith(redisBroadcaster({ url, prefix })),
    );
  });

  it("takes somebody else's broadcaster by the same line", async () => {
    const bus = new MemoryBus(100);
    await chatAcross(await podWith(bus.open()), await podWith(bus.open()));
  });

  it('takes memory in the place of Redis: then no Redis is asked', async () => {
    const container = podContainer({ REDIS_URL: 'redis://127.0.0.1:1' });
    container.rebind(TOKENS.broadcaster).toConstantValue(memoryBroadcaster());
    const pod = await startContainer(container);
    await chatAcross(pod, pod);
  });

  it('closes the broadcaster with the pod', async () => {
    const broadcaster = memoryBroadcaster();
    const pod = await podWith(broadcaster);
    expect(pod.container.get(TOKENS.hub).health).toEqual({ ready: true });
    await pod.stop();
    expect(await broadcaster.subscribe('lobby')).toEqual({ status: 'unavailable' });
  });
});
