import type { TestProject } from 'vitest/node';
import { removeLeftContainers } from './redis-container.js';
import { startRedis } from './redis.js';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Starts the Redis that all test files of a project share, once a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startRedis();
  project.provide('redisUrl', redis.url);
  console.info(`redis for ${project.name}: ${redis.label} on ${redis.url}`);
  return async () => {
    await redis.stop();
    const left = await removeLeftContainers(project.name);
    if (left > 0) throw new Error(`${left} containers of project ${project.name} were not stopped by their tests`);
  };
}
