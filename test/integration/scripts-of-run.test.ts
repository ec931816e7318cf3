import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { isListener } from '../support/faults/passage.js';
import { publication } from '../support/publication.js';
import { startRedis } from '../support/redis.js';

it('scripts that were on their way to a run of Redis do not get to the next one', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const proxy = await ChaosProxy.before(redis.port);
  onTestFinished(() => proxy.close());
  const broadcaster = redisBroadcaster({ url: proxy.url });
  onTestFinished(() => broadcaster.close());
  const told: string[] = [];
  const published = (_channel: string, first: number): void => void told.push(`from ${first}`);
  const reset = (): void => void told.push('reset');
  await broadcaster.start({ published, lost() {}, reset, foreign() {}, announced() {} });
  await broadcaster.subscribe('lobby');
  await broadcaster.publish('lobby', publication('first'));
  await redis.cli('SAVE');
  await broadcaster.publish('lobby', publication('forgotten'));
  // It recovers, and nothing gets through from the script that publishes on.
  let held = false;
  const hold = (): void => {
    held = true;
    for (const passage of proxy.passages()) passage.blackHole();
  };
  proxy.treat((passage) => passage.onceSaid('function publish(', hold));
  proxy.cut(isListener);
  await eventually(() => held, true);
  void broadcaster.publish('lobby', publication('under way'));
  await turn();
  await turn();
  proxy.refuse();
  proxy.cut();
  await redis.crash();
  await redis.start();
  proxy.heal();
  await eventually(() => told, ['from 1', 'from 2', 'reset', 'from 2']);
});

it('where Redis lets nobody in any more who would load them, the log has its words', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const causes: unknown[] = [];
  const warn = (_event: string, fields?: Readonly<Record<string, unknown>>): void =>
    void causes.push(fields?.['cause']);
  const logger = { debug() {}, info() {}, warn, error() {} };
  const broadcaster = redisBroadcaster({ url: redis.url, logger });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.config('SET', 'requirepass', 'changed');
  // Who was there before may stay.
  await admin.script('FLUSH');
  await eventually(() => causes.at(-1), expect.stringMatching(/^NOAUTH /));
});
