import { describe, expect, it } from 'vitest';
import { Revocations } from '../../../src/domain/revocations.js';
import { ManualClock } from '../../support/manual-clock.js';

const shown = (id: string) => ({ user: { id, name: id }, issuedAt: 1 });

describe('the users that were sent away', () => {
  it('are bounded in number: the latest half stays, whoever comes behind', () => {
    const clock = new ManualClock();
    const revocations = new Revocations(clock);
    for (let n = 0; n < 350_000; n++) revocations.add(`user ${n}`, 2);
    const covered = (n: number): boolean => revocations.covers(shown(`user ${n}`));
    expect([0, 99_999].map(covered)).toEqual([false, false]);
    expect([250_000, 300_000, 349_999].map(covered)).toEqual([true, true, true]);
  });

  it('are bounded in bytes: users with long ids leave space for fewer', () => {
    const revocations = new Revocations(new ManualClock());
    revocations.add('ada', 2);
    const long = 'x'.repeat(245);
    for (let n = 0; n < 60_000; n++) revocations.add(`${long} ${n}`, 2);
    expect(revocations.covers(shown('ada'))).toBe(false);
    expect(revocations.covers(shown(`${long} 40000`))).toBe(true);
  });

  it('count as sent away 5 s longer, as clocks differ, and not for ever by a clock that is far ahead', () => {
    const clock = new ManualClock();
    const revocations = new Revocations(clock);
    const issued = (ms: number) => ({ user: { id: 'ada', name: 'ada' }, issuedAt: clock.now() + ms });
    expect(revocations.add('ada', clock.now())).toBe(true);
    expect([issued(5000), issued(5001)].map((proof) => revocations.covers(proof))).toEqual([true, false]);
    expect(revocations.add('ada', 1e308)).toBe(true);
    expect([issued(10_000), issued(10_001)].map((proof) => revocations.covers(proof))).toEqual([true, false]);
    expect(revocations.add('ada', clock.now() + 4000)).toBe(false);
  });

  it('stay when they are sent away again and again', () => {
    const revocations = new Revocations(new ManualClock());
    revocations.add('ada', 2);
    for (let n = 0; n < 150_000; n++) revocations.add('bob', n);
    expect(revocations.covers(shown('ada'))).toBe(true);
  });
});
