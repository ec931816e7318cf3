#!/usr/bin/env node
import { LineWriter } from '../adapters/node/line-writer.js';
import type { Application } from './application.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { createContainer } from './container.js';
import { onSignals } from './signals.js';
import { TOKENS } from './tokens.js';

const STDERR = 2;

/** Ends the process with what is wrong on standard error. */
function fail(message: string): never {
  new LineWriter(STDERR).write(`${message}\n`);
  process.exit(1);
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/** Ends the process where a step of the start fails, with one line that says why. */
function cannotStart(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const hint = 'code' in error && error.code === 'EADDRINUSE' ? ': set PORT to a free one, 0 picks one' : '';
  fail(`hubbub can't start: ${error.message}${hint}`);
}

function createApplication(config: Config): Application {
  try {
    return createContainer(config).get(TOKENS.application);
  } catch (error) {
    cannotStart(error);
  }
}

const application = createApplication(readConfig());

onSignals((code) => {
  application.stop(code).catch((cause: unknown) => fail(`stopping failed: ${String(cause)}`));
});

await application.start().catch(cannotStart);
