import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { sumUp } from './figures.js';
import { SEED } from './scale.js';

declare module 'vitest' {
  interface ProvidedContext {
    abuseFigures: string;
  }
}

/** Gives all files one seed and one place for their figures, and tells the sum. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'hubbub-abuse-'));
  const path = join(folder, 'figures');
  writeFileSync(path, '');
  process.env['FUZZ_SEED'] = String(SEED);
  project.provide('abuseFigures', path);
  console.info(`abuse: FUZZ_SEED=${SEED}`);
  return () => {
    const { tried, text } = sumUp(path);
    rmSync(folder, { recursive: true });
    console.info(`abuse: ${text}`);
    const least = Number(process.env['HUBBUB_ABUSE_LEAST'] ?? 0);
    if (tried >= least) return;
    // What is thrown here is only printed.
    process.exitCode = 1;
    throw new Error(`expected at least ${least} hostile inputs, got ${tried}`);
  };
}
