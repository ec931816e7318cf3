import { describe, expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { isPublisher } from '../support/faults/passage.js';
import { publication } from '../support/publication.js';
import { startRedis, type RedisServer } from '../support/redis.js';

const MAYBE = { status: 'unavailable', maybe: true };

async function started(url: string): Promise<BroadcastPort> {
  const broadcaster = redisBroadcaster({ url });
  onTestFinished(() => broadcaster.close());
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  return broadcaster;
}

/** A pod's broadcaster, and its way to Redis. */
async function stage() {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const proxy = await ChaosProxy.before(redis.port);
  onTestFinished(() => proxy.close());
  return { redis, proxy, broadcaster: await started(proxy.url) };
}

function stored(redis: RedisServer): Promise<string> {
  return redis.cli('XLEN', 'realtime:log:room:lobby');
}

describe('one message, and none that comes after it', () => {
  it('is published when Redis is back, where it came while there was none', async () => {
    const { proxy, broadcaster } = await stage();
    proxy.refuse();
    proxy.cut();
    await eventually(() => broadcaster.health.ready, false);
    const result = broadcaster.publish('lobby', publication('alone'));
    proxy.accept();
    expect(await result).toMatchObject({ status: 'published', receipt: { position: { offset: 1 } } });
  });

  it('is published where Redis has forgotten the scripts', async () => {
    const { redis, broadcaster } = await stage();
    await redis.cli('SCRIPT', 'FLUSH');
    const result = await broadcaster.publish('lobby', publication('alone'));
    expect(result).toMatchObject({ status: 'published', receipt: { position: { offset: 1 } } });
  });
});

describe('a message that Redis refuses', () => {
  it('is not stored, and its sender is told so', async () => {
    const { redis, broadcaster } = await stage();
    await redis.cli('ACL', 'SETUSER', 'default', '-xadd');
    expect(await broadcaster.publish('lobby', publication('refused'))).toEqual({ status: 'unavailable' });
    expect(await stored(redis)).toBe('0');
  });

  it('when it is sent again may have been stored the first time, and its sender is told so', async () => {
    const { redis, proxy, broadcaster } = await stage();
    for (const passage of proxy.passages(isPublisher)) {
      passage.onceSaid('doubtful', () => {
        passage.cutAfter(0);
        proxy.refuse();
      });
    }
    const result = broadcaster.publish('lobby', publication('doubtful'));
    await eventually(() => stored(redis), '1');
    // It knows nothing of the first time any more.
    await redis.cli('FLUSHALL');
    await redis.cli('ACL', 'SETUSER', 'default', '-xadd');
    proxy.accept();
    expect(await result).toEqual(MAYBE);
  });

  it.each([
    ['before', ['side', 'lobby']],
    ['after', ['lobby', 'side']],
  ])('in the middle may have been stored, and those of other rooms are, %s it in the call', async (_, rooms) => {
    const { redis, broadcaster } = await stage();
    await redis.cli('SET', 'realtime:head:room:side', 'not a hash');
    // Of one turn, so they go in one call.
    const results = await Promise.all(rooms.map(async (room) => broadcaster.publish(room, publication(room))));
    expect(results[rooms.indexOf('side')]).toEqual(MAYBE);
    expect(results[rooms.indexOf('lobby')]).toMatchObject({ status: 'published' });
    expect(await stored(redis)).toBe('1');
  });

  it('does not have those of other rooms stored twice, where the answer to all of them was lost', async () => {
    const { redis, proxy, broadcaster } = await stage();
    await redis.cli('SET', 'realtime:head:room:side', 'not a hash');
    for (const passage of proxy.passages(isPublisher)) passage.onceSaid('lobby', () => passage.cutAfter(0));
    const results = ['lobby', 'side'].map(async (room) => broadcaster.publish(room, publication(room)));
    expect(await Promise.all(results)).toMatchObject([{ receipt: { position: { offset: 1 } } }, MAYBE]);
    expect(await stored(redis)).toBe('1');
  });
});
