#!/usr/bin/env node
import type { Container } from 'inversify';
import { LineWriter } from '../adapters/node/line-writer.js';
import { openFilesLimit } from '../adapters/node/open-files.js';
import type { Application } from './application.js';
import { ConfigError, loadConfig } from './config.js';
import { createContainer } from './container.js';
import { withinOpenFiles } from './open-files.js';
import { onSignals } from './signals.js';
import { TOKENS } from './tokens.js';

const STDERR = 2;

/** Ends the process with what is wrong on standard error. */
function fail(message: string): never {
  new LineWriter(STDERR).write(`${message}\n`);
  process.exit(1);
}

function readConfig(): ReturnType<typeof withinOpenFiles> {
  try {
    return withinOpenFiles(loadConfig(process.env), openFilesLimit());
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

function createApplication(container: Container): Application {
  try {
    return container.get(TOKENS.application);
  } catch (error) {
    cannotStart(error);
  }
}

const { config, lowered } = readConfig();
const container = createContainer(config);
const application = createApplication(container);

onSignals((code) => {
  application.stop(code).catch((cause: unknown) => fail(`stopping failed: ${String(cause)}`));
});

const started = application.start().catch(cannotStart);
if (lowered) container.get(TOKENS.logger).warn('MAX_CONNECTIONS is lowered: raise ulimit -n', { ...lowered });
await started;
