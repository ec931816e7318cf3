import { expect, it } from 'vitest';
import { Coldest, type StoredRoom } from '../../../src/adapters/redis/coldest.js';

/** Not in order, each once. */
const shuffled = (count: number): number[] => Array.from({ length: count }, (_, n) => (n * 7919) % count);

it('the coldest rooms come first, those with members behind all others', () => {
  const coldest = new Coldest();
  for (const expiresAt of shuffled(100)) {
    coldest.add({ channel: `${expiresAt}`, expiresAt, hasMembers: expiresAt % 3 === 0 });
  }
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  const expected = [...numbers.filter((n) => n % 3 !== 0), ...numbers.filter((n) => n % 3 === 0)];
  expect(coldest.inOrder().map(({ expiresAt }) => expiresAt)).toEqual(expected);
});

it('of a hundred thousand rooms the ten thousand coldest are remembered', () => {
  const coldest = new Coldest();
  for (const expiresAt of shuffled(100_000)) coldest.add({ channel: `${expiresAt}`, expiresAt, hasMembers: false });
  const rooms: readonly StoredRoom[] = coldest.inOrder();
  expect(rooms).toHaveLength(10_000);
  expect(rooms.map(({ expiresAt }) => expiresAt)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
});
