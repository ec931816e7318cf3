import { Redis } from 'ioredis';
import { describe, expect, onTestFinished } from 'vitest';
import { LASTING, PROMISED_MS, scenario, Stage } from '../support/faults/stage.js';
import { startRedis, type RedisServer } from '../support/redis.js';

/** Makes one Redis hold what another holds now, as a replica would that hears nothing from then on. */
async function copy(from: RedisServer, to: RedisServer): Promise<void> {
  const source = new Redis(from.url);
  const target = new Redis(to.url);
  const keys = await source.keys('*');
  const dumps = source.multi();
  for (const key of keys) dumps.dumpBuffer(key).pttl(key);
  const answers = ((await dumps.exec()) ?? []).map(([, answer]) => answer);
  for (const [n, key] of keys.entries()) {
    const [dump, ttl] = [answers[2 * n], answers[2 * n + 1]];
    if (Buffer.isBuffer(dump)) await target.restore(key, Math.max(0, Number(ttl)), dump);
  }
  source.disconnect();
  target.disconnect();
}

async function withReplica() {
  const stage = await Stage.set({ redis: LASTING });
  const replica = await startRedis({ args: LASTING });
  onTestFinished(() => replica.stop());
  const promote = () => {
    for (const proxy of stage.proxies) {
      proxy.redirect(replica.port);
      proxy.cut();
    }
  };
  return { stage, replica, promote };
}

describe('a replica takes the place of Redis', () => {
  scenario('one that misses the last 100 messages', async (name) => {
    const { stage, replica, promote } = await withReplica();
    stage.load(300);
    await stage.flows();
    await copy(stage.redis, replica);
    await stage.flows();
    promote();
    await stage.allReset(PROMISED_MS);
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: stage.clients.length * stage.rooms.length });
  });

  scenario('one that has everything', async (name) => {
    const { stage, replica, promote } = await withReplica();
    stage.load(300);
    await stage.flows();
    await stage.rest();
    await copy(stage.redis, replica);
    promote();
    stage.load(300);
    await stage.flows();
    expect(await stage.settle(name)).toMatchObject({ gaps: 0 });
  });
});
