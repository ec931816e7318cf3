/** The questions to Redis that have no answer yet: how long it has been silent. */
export class Questions {
  /** When each was asked, by a monotonic clock; the oldest first. */
  readonly #open = new Map<Promise<unknown>, number>();

  /** Counts as a question until it is settled. */
  ask<T>(answer: Promise<T>): Promise<T> {
    this.#open.set(answer, performance.now());
    const settled = (): void => void this.#open.delete(answer);
    answer.then(settled, settled);
    return answer;
  }

  /** Redis answers again: what is still open was asked on a connection that is gone. */
  forget(): void {
    this.#open.clear();
  }

  /** Since when Redis owes an answer, in milliseconds of the monotonic clock; now where it owes none. */
  silentSince(now: number): number {
    for (const since of this.#open.values()) return since;
    return now;
  }
}
