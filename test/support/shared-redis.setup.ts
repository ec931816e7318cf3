import type { TestProject } from 'vitest/node';
import { removeLeftContainers, removeLeftContainersNow } from './redis-container.js';
import { removeLeftProcesses } from './redis-process.js';
import { startRedis } from './redis.js';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Starts the Redis that all test files of a project share, once a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.on('SIGINT', removeAllNow).on('SIGTERM', removeAllNow);
  const redis = await startRedis();
  project.provide('redisUrl', redis.url);
  console.info(`redis for ${project.name}: ${redis.label} on ${redis.url}`);
  return async () => {
    process.off('SIGINT', removeAllNow).off('SIGTERM', removeAllNow);
    await redis.stop();
    const left = (await removeLeftContainers(project.name)) + removeLeftProcesses(project.name);
    if (left === 0) return;
    // What is thrown here is only printed.
    process.exitCode = 1;
    throw new Error(`${left} of the Redis servers that tests of project ${project.name} started were never stopped`);
  };
}

/** The runner ends an interrupted run within a millisecond: nothing that must be waited for would get done. */
function removeAllNow(): void {
  removeLeftContainersNow();
  removeLeftProcesses();
}
