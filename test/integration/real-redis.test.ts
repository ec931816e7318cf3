import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, untilRedisAnswers, type RedisServer } from '../support/redis.js';
import { sharedRedis } from '../support/shared-redis.js';

describe('the shared Redis', () => {
  it('is real: it runs Lua, streams and pub/sub', async () => {
    const { url, prefix } = sharedRedis();
    const publisher = new Redis(url);
    const subscriber = publisher.duplicate();
    try {
      const heard = new Promise((resolve) => subscriber.on('message', (channel, text) => resolve([channel, text])));
      await subscriber.subscribe(`${prefix}:room:lobby`);
      const script = `
        redis.call('XADD', KEYS[1], '1-0', 'frame', ARGV[1])
        return redis.call('PUBLISH', ARGV[2], ARGV[1])`;
      expect(await publisher.eval(script, 1, `${prefix}:stream`, 'hello', `${prefix}:room:lobby`)).toBe(1);
      expect(await heard).toEqual([`${prefix}:room:lobby`, 'hello']);
      expect(await publisher.xlen(`${prefix}:stream`)).toBe(1);
    } finally {
      publisher.disconnect();
      subscriber.disconnect();
    }
  });

  it('gives every caller a namespace of its own', () => {
    expect(sharedRedis().prefix).not.toBe(sharedRedis().prefix);
  });
});

describe('a Redis of its own', () => {
  let redis: RedisServer;
  afterEach(() => redis.stop());

  describe('that saves nothing', () => {
    beforeEach(async () => {
      redis = await startRedis();
    });

    it('comes back empty, at the same address, as another run', async () => {
      await redis.cli('SET', 'kept', 'no');
      const run = await runId();
      await redis.crash();
      await expect(untilRedisAnswers(redis.port, 200)).rejects.toThrow('did not answer');
      await redis.start();
      expect(await redis.cli('EXISTS', 'kept')).toBe('0');
      expect(await runId()).not.toBe(run);
    });

    it('answers nothing while it is frozen, and everything after', async () => {
      await redis.freeze();
      await expect(untilRedisAnswers(redis.port, 200)).rejects.toThrow('did not answer');
      await redis.thaw();
      await untilRedisAnswers(redis.port);
      expect(await redis.cli('PING')).toBe('PONG');
    });

    it('can be stopped twice', async () => {
      await redis.stop();
      await redis.stop();
      await expect(untilRedisAnswers(redis.port, 200)).rejects.toThrow('did not answer');
    });
  });

  it('takes arguments: with an append-only file it survives a crash', async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    await redis.cli('SET', 'kept', 'yes');
    await redis.crash();
    await redis.start();
    expect(await redis.cli('GET', 'kept')).toBe('yes');
  });

  async function runId(): Promise<string | undefined> {
    return /run_id:(\w+)/.exec(await redis.cli('INFO', 'server'))?.[1];
  }
});
