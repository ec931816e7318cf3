import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';

/** The Redis that all tests of a project share, and a namespace in it that is this caller's alone. */
export interface SharedRedis {
  readonly url: string;
  /** For `REDIS_PREFIX`: keys and channels of nobody else begin with it. */
  readonly prefix: string;
}

/** Call it once a test: a fresh namespace is what keeps tests apart, so none needs to flush. */
export function sharedRedis(): SharedRedis {
  return { url: inject('redisUrl'), prefix: `test-${randomUUID()}` };
}
