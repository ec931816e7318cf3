import type { Scheduler } from '../../ports/system.js';

/** Runs tasks after the input that is pending in this turn of the event loop, so that one flush serves all of it. */
export class ImmediateScheduler implements Scheduler {
  soon(task: () => void): void {
    setImmediate(task);
  }

  later(delayMs: number, task: () => void): void {
    setTimeout(task, delayMs).unref();
  }
}
