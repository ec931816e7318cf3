import { Allowance, type Cost, type Rates } from './allowance.js';
import { Generations } from './generations.js';
import { DEBT_MS } from './token-bucket.js';

/** Allowances by name. One that is forgotten was full again. */
export class Allowances {
  readonly #rates: Rates;
  /** `undefined` if everything is free. */
  readonly #known: Generations<Allowance> | undefined;
  /** Those that may be in debt, and so take longer until they are full again. */
  readonly #debtors: Generations<Allowance>;

  /** @param now milliseconds of a clock that never goes back, here and in all methods */
  constructor(rates: Rates, now: number) {
    this.#rates = rates;
    const fullAgainMs = Object.values(rates).map((rate) => (rate ? (1000 * rate.burst) / rate.perSecond : 0));
    const spanMs = Math.max(0, ...fullAgainMs);
    this.#known = spanMs === 0 ? undefined : new Generations(spanMs, now);
    this.#debtors = new Generations(spanMs + DEBT_MS, now);
  }

  /** `undefined` if everything is free. */
  of(name: string, now: number): Allowance | undefined {
    if (!this.#known) return undefined;
    const known = this.#known.renew(name, now);
    if (known) return known;
    const allowance = this.#debtors.get(name) ?? new Allowance(this.#rates);
    this.#known.set(name, allowance, now);
    return allowance;
  }

  /** Uses what may not be there, see {@link Allowance.owe}. */
  owe(name: string, cost: Cost, now: number): void {
    const allowance = this.of(name, now);
    if (!allowance) return;
    allowance.owe(cost, now);
    this.#debtors.set(name, allowance, now);
  }
}
