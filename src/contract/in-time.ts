import assert from 'node:assert/strict';

/** How long the suites wait for something that must happen, in milliseconds, where the harness says nothing else. */
export const DEADLINE_MS = 10_000;

/** Gives what a promise gives; one that takes too long is told by name instead of by the runner's timeout. */
export async function inTime<T>(promise: T | Promise<T>, deadlineMs: number, complaint: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const complain = (): void => reject(new assert.AssertionError({ message: complaint() }));
    timer = setTimeout(complain, deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for what others tell: conditions are looked at whenever there is news, and no sooner or later. */
export class Watch {
  readonly #deadlineMs: number;
  readonly #waiting = new Set<() => void>();

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** There is news. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Waits until the condition holds, or fails in time. */
  async until(condition: () => boolean, complaint: () => string): Promise<void> {
    if (condition()) return;
    let look = (): void => undefined;
    const met = new Promise<void>((resolve) => {
      look = () => {
        if (condition()) resolve();
      };
    });
    this.#waiting.add(look);
    try {
      await inTime(met, this.#deadlineMs, complaint);
    } finally {
      this.#waiting.delete(look);
    }
  }
}
