import { expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/node/clock.js';
import { ImmediateScheduler } from '../../../src/adapters/node/scheduler.js';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';

it('tells wall time, and ticks that never go back', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
  const before = systemClock.ticks();
  expect(systemClock.ticks()).toBeGreaterThanOrEqual(before);
});

it('runs tasks once, in order, on a later turn', async () => {
  const scheduler = new ImmediateScheduler();
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    scheduler.soon(() => ran.push('first'));
    scheduler.soon(() => ran.push('second'));
    scheduler.soon(resolve);
    queueMicrotask(() => ran.push('this turn'));
    ran.push('now');
  });
  expect(ran).toStrictEqual(['now', 'this turn', 'first', 'second']);
});

it('says nothing', () => {
  expect(silentLogger.error('event', { field: 1 })).toBeUndefined();
});

it('runs a task after a delay', async () => {
  const began = systemClock.ticks();
  // The timer alone keeps no process alive, but the test runner is alive anyway.
  await new Promise<void>((resolve) => new ImmediateScheduler().later(20, resolve));
  expect(systemClock.ticks() - began).toBeGreaterThanOrEqual(18);
});
