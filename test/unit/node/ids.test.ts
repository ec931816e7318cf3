import { describe, expect, it } from 'vitest';
import { RandomIds } from '../../../src/adapters/node/ids.js';

const at = (times: number[]): { now(): number; ticks(): number } => ({
  now: () => (times.length > 1 ? (times.shift() ?? 0) : (times[0] ?? 0)),
  ticks: () => 0,
});

describe('RandomIds', () => {
  it('gives connections 96 random bits', () => {
    const ids = new RandomIds();
    expect(ids.connection()).toMatch(/^c_[A-Za-z0-9_-]{16}$/);
    expect(new Set(Array.from({ length: 1_000 }, () => ids.connection())).size).toBe(1_000);
  });

  it('writes the time as a ULID does', () => {
    // The example of the ULID specification: 01ARZ3NDEK is 1469922850259.
    expect(new RandomIds(at([1_469_922_850_259])).message()).toMatch(/^m_01ARZ3NDEK[0-9A-HJKMNP-TV-Z]{10}000000$/);
  });

  it('sorts messages in the order made, also in one millisecond', () => {
    const ids = new RandomIds();
    const made = Array.from({ length: 50_000 }, () => ids.message());
    expect([...made].sort()).toStrictEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  it('neither repeats nor goes back when the clock does', () => {
    const ids = new RandomIds(at([1_000, 2_000, 1_500, 2_000, 2_001]));
    const made = Array.from({ length: 5 }, () => ids.message());
    expect([...made].sort()).toStrictEqual(made);
    expect(new Set(made).size).toBe(5);
  });

  it('differs between processes in the same millisecond', () => {
    expect(new RandomIds(at([5])).message()).not.toBe(new RandomIds(at([5])).message());
  });
});
