import { describe, expect, it } from 'vitest';
import { isMessageType, isRoomName } from '../../../src/domain/names.js';
import { TokenBucket } from '../../../src/domain/token-bucket.js';

describe('names', () => {
  it.each([
    ['lobby', true],
    ['Team:4711_#a@b.c-d', true],
    ['7', true],
    ['Größe', true],
    ['日本', true],
    ['a'.repeat(128), true],
    ['𝒜'.repeat(128), true],
    ['a'.repeat(129), false],
    ['', false],
    ['*', false],
    ['-a', false],
    ['a b', false],
    ['a/b', false],
    ['a\n', false],
    ['Gro\u0308ße', false],
    ['a\u202Eb', false],
    ['\ud800', false],
    ['__proto__', false],
    ['constructor', true],
  ])('a room may be called %j: %s', (name, allowed) => {
    expect(isRoomName(name)).toBe(allowed);
  });

  it.each([
    ['chat', true],
    ['order.created-2', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['Chat', false],
    ['', false],
    ['presence', false],
    ['welcome', false],
  ])('a message may be of type %j: %s', (type, allowed) => {
    expect(isMessageType(type)).toBe(allowed);
  });
});

describe('TokenBucket', () => {
  it('lets a burst pass, then the rate, and says how long to wait', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
    expect(bucket.take(0)).toBe(100);
    expect(bucket.take(50)).toBe(50);
    expect(bucket.take(100)).toBe(0);
    expect(bucket.take(100)).toBe(100);
  });

  it('saves up no more than the burst', () => {
    const bucket = new TokenBucket(10, 2, 0);
    const taken = Array.from({ length: 4 }, () => bucket.take(60_000) === 0);
    expect(taken).toEqual([true, true, false, false]);
  });

  it('is off at rate 0', () => {
    const bucket = new TokenBucket(0, 0, 0);
    expect(Array.from({ length: 100 }, () => bucket.take(0)).every((wait) => wait === 0)).toBe(true);
  });
});
