import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../../src/adapters/redis/options.js';
import { redisBroadcaster, type RedisBroadcasterOptions } from '../../../src/adapters/redis/index.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { containedLogger } from '../../../src/domain/contained-logger.js';

const url = 'redis://127.0.0.1:6379';

describe('the options of a broadcaster over Redis', () => {
  it('have defaults', () => {
    const { logger, ...settings } = settingsOf({ url });
    expect(logger).toEqual(containedLogger(silentLogger));
    expect(settings).toEqual({
      url,
      prefix: 'realtime',
      mode: 'rooms',
      retention: { historySize: 100, historyBytes: 1_048_576, historyTtl: 86_400 },
      total: 0,
    });
  });

  it('may be set', () => {
    const { retention, ...others } = settingsOf({ url, prefix: 'a', subscribe: 'pattern', historyTtlSeconds: 60 });
    expect([others.prefix, others.mode, retention.historyTtl]).toEqual(['a', 'pattern', 60]);
    expect(settingsOf({ url, historySize: 0 }).retention.historySize).toBe(0);
  });

  it.each<[keyof RedisBroadcasterOptions, unknown]>([
    ['historySize', -1],
    ['historySize', 1.5],
    ['historySize', Number.NaN],
    ['historyBytes', 0],
    ['historyBytesTotal', 1024 * 1024 - 1],
    ['historyTtlSeconds', 0],
    ['historyTtlSeconds', Infinity],
    ['prefix', ''],
    ['subscribe', 'room'],
  ])('are refused by name where they can not work: %s %s', (name, value) => {
    const options: RedisBroadcasterOptions = { url, [name]: value };
    expect(() => redisBroadcaster(options)).toThrow(RangeError);
    expect(() => redisBroadcaster(options)).toThrow(`redisBroadcaster: expected ${name} to be `);
  });

  it.each([
    '',
    '127.0.0.1:6379',
    'http://secret@127.0.0.1',
    'redis://',
    'redis://u:secret@h/0?family=6',
    'redis://u:secret%zz@h',
    'redis://h/zero',
    'redis://u:sec/secret@h',
  ])('refuse the URL %j, and keep it to themselves', (bad) => {
    let message = '';
    try {
      redisBroadcaster({ url: bad });
    } catch (error) {
      if (error instanceof RangeError) message = error.message;
    }
    expect(message).toMatch(/^redisBroadcaster: expected url to be redis:/);
    expect(message).not.toContain('secret');
    expect(message).toMatch(/, got \S/);
  });
});
