import { Redis } from 'ioredis';
import { afterAll, describe, inject, it } from 'vitest';
import { redisBroadcaster, type SubscribeMode } from '../../src/adapters/redis/index.js';
import { broadcastContract, type BroadcastHarness } from '../../src/contract/index.js';

const url = inject('redisUrl');
const redis = new Redis(url);
afterAll(() => redis.quit());

function harness(subscribe: SubscribeMode): BroadcastHarness {
  const prefixOf = (namespace: string): string => `contract-${subscribe}-${process.pid}-${namespace}`;
  return {
    open: async (namespace, { historySize }) =>
      redisBroadcaster({ url, prefix: prefixOf(namespace), subscribe, historySize }),
    publishForeign: async (namespace, channel, payload) => {
      const name = channel === '' ? 'global' : `room:${channel}`;
      await redis.publish(`${prefixOf(namespace)}:${name}`, Buffer.from(payload));
    },
    expire: async (namespace) => {
      const logs = await redis.keys(`${prefixOf(namespace)}:log:*`);
      if (logs.length > 0) await redis.del(...logs);
    },
  };
}

for (const mode of ['rooms', 'pattern'] as const) {
  describe(`redis broadcaster, ${mode}, keeps the contract`, () => {
    for (const { name, run } of broadcastContract(harness(mode))) it(name, run);
  });
}
