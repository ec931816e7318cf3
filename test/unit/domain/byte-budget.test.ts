import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type Account, type Holder } from '../../../src/domain/byte-budget.js';

/** Holds a number of bytes, keeps some of them whatever happens, and notes when it gave way. */
class TestHolder implements Holder {
  readonly account: Account;
  held = 0;
  keeps = 0;
  readonly #name: string;
  readonly #gave: string[];

  constructor(budget: ByteBudget, name: string, gave: string[]) {
    this.#name = name;
    this.#gave = gave;
    this.account = budget.open(this);
  }

  shed(bytes: number): void {
    const freed = Math.min(bytes, Math.max(0, this.held - this.keeps));
    this.held -= freed;
    if (freed > 0) this.#gave.push(`${this.#name} ${freed}`);
  }
}

function stage(max: number, names: string) {
  const budget = new ByteBudget(max);
  const gave: string[] = [];
  const holders = Object.fromEntries([...names].map((name) => [name, new TestHolder(budget, name, gave)])) as Record<
    string,
    TestHolder
  >;
  const use = (name: string, held: number): void => {
    const holder = holders[name];
    if (!holder) throw new Error(`expected one of ${names}, got ${name}`);
    holder.held = held;
    budget.use(holder.account);
  };
  const of = (name: string): TestHolder => holders[name] ?? expect.fail(name);
  return { budget, gave, use, of };
}

describe('ByteBudget', () => {
  it('takes what is too much from the holder used longest ago, then from the next', () => {
    const { budget, gave, use } = stage(100, 'abc');
    use('a', 30);
    use('b', 30);
    use('a', 40);
    use('c', 60);
    expect(gave).toEqual(['b 30']);
    use('c', 65);
    expect(gave).toEqual(['b 30', 'a 5']);
    expect(budget.held).toBe(100);
  });

  it('takes from the one in use only when no other has anything left', () => {
    const { gave, use } = stage(100, 'ab');
    use('a', 90);
    use('b', 150);
    expect(gave).toEqual(['a 90', 'b 50']);
  });

  it('takes last from those that give way last, in order of use among themselves', () => {
    const { budget, gave, use, of } = stage(100, 'abcd');
    use('a', 20);
    use('b', 20);
    use('c', 20);
    budget.setGivesWayLast(of('a').account, true);
    budget.setGivesWayLast(of('b').account, true);
    use('d', 70);
    expect(gave).toEqual(['c 20', 'd 10']);
  });

  it('puts a holder that no longer gives way last back to where its last use belongs', () => {
    const { budget, gave, use, of } = stage(100, 'abcd');
    use('a', 30);
    use('b', 30);
    budget.setGivesWayLast(of('a').account, true);
    use('c', 50);
    expect(gave).toEqual(['b 10']);
    budget.setGivesWayLast(of('a').account, false);
    use('d', 20);
    expect(gave).toEqual(['b 10', 'a 20']);
  });

  it('leaves a holder alone that has nothing to give, until it is used again', () => {
    const { budget, gave, use, of } = stage(100, 'ab');
    of('a').keeps = 80;
    use('a', 80);
    use('b', 40);
    expect(gave).toEqual(['b 20']);
    use('b', 30);
    expect(gave).toEqual(['b 20', 'b 10']);
    of('a').keeps = 0;
    use('a', 80);
    use('b', 30);
    expect(gave.at(-1)).toBe('a 10');
    expect(budget.held).toBe(100);
  });

  it('forgets a holder that is closed, also one that is used once more', () => {
    const { budget, gave, use, of } = stage(100, 'abc');
    use('a', 50);
    use('b', 50);
    budget.close(of('a').account);
    use('a', 50);
    expect(budget.held).toBe(50);
    use('c', 70);
    expect(gave).toEqual(['b 20']);
  });

  it('gives way in the order that sorting all holders would give, whatever happens to them', () => {
    const step = fc.record({
      which: fc.nat(7),
      held: fc.nat(40),
      what: fc.constantFrom('use', 'use', 'use', 'last', 'first', 'close'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const budget = new ByteBudget(100);
        const model: { at: number; last: boolean; closed: boolean; account: Account; held: number }[] = [];
        const holders = Array.from({ length: 8 }, (_, index) => {
          const holder = {
            held: 0,
            shed(bytes: number) {
              const able = model.filter((other) => !other.closed && other.held > 0);
              const next = able.toSorted((a, b) => Number(a.last) - Number(b.last) || a.at - b.at)[0];
              // One that has nothing is asked once more before it is left alone.
              if (this.held > 0) expect(next?.account).toBe(model[index]?.account);
              this.held = Math.max(0, this.held - bytes);
              Object.assign(model[index] ?? {}, { held: this.held });
            },
          };
          model.push({ at: 0, last: false, closed: false, account: budget.open(holder), held: 0 });
          return holder;
        });
        for (const [at, { which, held, what }] of steps.entries()) {
          const [own, holder] = [model[which], holders[which]];
          if (!own || !holder) continue;
          if (what === 'use') {
            Object.assign(own, { at: at + 1, held });
            holder.held = held;
            budget.use(own.account);
          } else if (what === 'close') {
            own.closed = true;
            budget.close(own.account);
          } else {
            own.last = what === 'last';
            budget.setGivesWayLast(own.account, own.last);
          }
          const sum = model.reduce((total, other) => total + (other.closed ? 0 : other.held), 0);
          expect(budget.held).toBe(sum);
          expect(sum).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 300, seed: 14 },
    );
  });
});
