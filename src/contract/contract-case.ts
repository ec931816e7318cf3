/**
 * One test of a published contract suite. It knows no test runner: register it with whichever one is at hand.
 *
 * @example Vitest, node:test, Mocha
 * ```ts
 * for (const { name, run } of broadcastContract(harness)) it(name, run);
 * ```
 */
export interface ContractCase {
  /** A sentence that says what must hold. Unique within its suite. */
  readonly name: string;
  /** Rejects with an `AssertionError` where the contract is broken. Needs no `this`; cases may run at the same time. */
  readonly run: () => Promise<void>;
}
