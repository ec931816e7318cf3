import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/domain/token-bucket.js';

/** Takes so many tokens if they are there; else answers how long to wait. */
function taken(bucket: TokenBucket, tokens: number, now: number): number {
  const wait = bucket.wait(tokens, now);
  if (wait === 0) bucket.take(tokens);
  return wait;
}

describe('TokenBucket', () => {
  it('lets a burst pass, then the rate, and says how long to wait', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([0, 0, 0, 0].map((now) => taken(bucket, 1, now))).toEqual([0, 0, 0, 100]);
    expect([50, 100, 100].map((now) => taken(bucket, 1, now))).toEqual([50, 0, 100]);
  });

  it('saves up no more than the burst', () => {
    const bucket = new TokenBucket(10, 2, 0);
    expect([1, 1, 1].map((tokens) => taken(bucket, tokens, 60_000))).toEqual([0, 0, 100]);
  });

  it('lets what is larger than the burst pass when it is full, and pays for it afterwards', () => {
    const bucket = new TokenBucket(10, 2, 0);
    expect(taken(bucket, 12, 0)).toBe(0);
    expect([taken(bucket, 1, 0), taken(bucket, 12, 1000)]).toEqual([1100, 200]);
  });

  it('is owed what was used, after what was saved up, and for a minute at most', () => {
    const bucket = new TokenBucket(10, 2, 0);
    bucket.take(2);
    bucket.owe(12, 100_000);
    expect(taken(bucket, 1, 100_000)).toBe(1100);
    bucket.owe(1_000_000, 100_000);
    expect(taken(bucket, 1, 100_000)).toBe(60_000);
    expect(taken(bucket, 1, 160_000)).toBe(0);
  });
});
