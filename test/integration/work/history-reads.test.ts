import { expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../../src/adapters/redis/index.js';
import { redisEnv } from '../../support/pods.js';
import { RedisWatch } from '../../support/redis-watch.js';

const KEPT = 10;
/** Redis drops messages in whole nodes, and the log asks for less: most of these are still there. */
const PUBLISHED = 80;

it('a read goes no further back than the messages that are kept', async () => {
  const { REDIS_URL: url, REDIS_PREFIX: prefix } = redisEnv();
  const broadcaster = redisBroadcaster({ url, prefix, historySize: KEPT });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  for (let n = 0; n < PUBLISHED; n++) {
    await broadcaster.publish('lobby', { id: `m_${n}`, ts: n, head: `{"id":"m_${n}"`, tail: '}' });
  }
  const log = `${prefix}:log:room:lobby`;
  const watch = await RedisWatch.of(url);
  expect(await watch.redis.xlen(log)).toBeGreaterThan(2 * KEPT);
  await watch.take();
  const read = await broadcaster.read('lobby', { limit: 100 });
  expect(read).toMatchObject({ status: 'read', more: false });
  if (read.status === 'read') expect(read.entries).toHaveLength(KEPT);
  const reads = (await watch.take()).filter(({ name, args }) => /^x.*range$/.test(name) && args[0] === log);
  const asked = reads.map(({ args }) => Number(args[args.indexOf('COUNT') + 1]));
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(KEPT);
});
