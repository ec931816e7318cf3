import { describe, expect, it } from 'vitest';
import { Generations } from '../../../src/domain/generations.js';

const SPAN = 1000;

describe('a map that forgets', () => {
  it('knows for a span what was set, and no longer than until a third generation begins', () => {
    const map = new Generations<number>(SPAN, 0);
    map.set('a', 1, 0);
    map.set('b', 2, SPAN - 1);
    map.set('c', 3, SPAN);
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, 2, 3]);
    map.set('d', 4, 2 * SPAN - 1);
    expect(map.get('b')).toBe(2);
    map.set('e', 5, 2 * SPAN);
    expect(['a', 'b', 'c', 'd', 'e'].map((key) => map.get(key))).toEqual([undefined, undefined, 3, 4, 5]);
  });

  it('knows the latest value of a key', () => {
    const map = new Generations<number>(SPAN, 0);
    map.set('a', 1, 0);
    map.set('a', 2, SPAN);
    expect(map.get('a')).toBe(2);
  });

  it('keeps what is renewed, and not what is only looked at', () => {
    const map = new Generations<object>(SPAN, 0);
    const [renewed, seen] = [{}, {}];
    map.set('renewed', renewed, 0);
    map.set('seen', seen, 0);
    for (let turn = 1; turn < 5; turn++) {
      map.set(`other ${turn}`, {}, turn * SPAN);
      expect(map.renew('renewed', turn * SPAN)).toBe(renewed);
      expect(map.get('seen')).toBe(turn === 1 ? seen : undefined);
    }
    expect(map.renew('nobody', 0)).toBeUndefined();
  });

  it('knows so many at most, and always the latest half of them', () => {
    const map = new Generations<number>(SPAN, 0, 100);
    for (let n = 0; n < 1000; n++) {
      map.set(`${n}`, n, 0);
      if (n >= 49) expect(map.get(`${n - 49}`)).toBe(n - 49);
      if (n >= 100) expect(map.get(`${n - 100}`)).toBeUndefined();
    }
  });

  it('counts what keys weigh, each once', () => {
    const map = new Generations<number>(SPAN, 0, 20, (key) => key.length);
    map.set('long', 1, 0);
    for (let n = 0; n < 100; n++) map.set('a', n, 0);
    expect([map.get('long'), map.get('a')]).toEqual([1, 99]);
    map.set('b'.repeat(10), 1, 0);
    map.set('c'.repeat(10), 1, 0);
    expect([map.get('long'), map.get('a')]).toEqual([1, 99]);
    map.set('d', 1, 0);
    expect([map.get('long'), map.get('a'), map.get('c'.repeat(10))]).toEqual([undefined, undefined, 1]);
  });

  it('forgets a value, and no other that the key has by now', () => {
    const map = new Generations<object>(SPAN, 0);
    const [first, second] = [{}, {}];
    map.set('a', first, 0);
    map.set('a', second, 0);
    map.forget('a', first);
    expect(map.get('a')).toBe(second);
    map.forget('a', second);
    expect(map.get('a')).toBeUndefined();
  });

  it('forgets a value that is of the older generation', () => {
    const map = new Generations<object>(SPAN, 0);
    const value = {};
    map.set('a', value, 0);
    map.set('b', {}, SPAN);
    map.forget('a', value);
    expect(map.get('a')).toBeUndefined();
  });
});
