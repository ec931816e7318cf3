#!/usr/bin/env node
import { ConfigError, loadConfig, type Config } from './config.js';
import { createContainer } from './container.js';
import { TOKENS } from './tokens.js';

/** Ends the process with what is wrong on standard error. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`);
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

const config = readConfig();
const application = createContainer(config).get(TOKENS.application);

/** The first signal drains, and the process ends by itself when all is closed; a second one ends it at once. */
let signalled = false;
for (const [signal, code] of [
  ['SIGTERM', 1012],
  ['SIGINT', 1001],
] as const) {
  process.on(signal, () => {
    if (signalled) process.exit(1);
    signalled = true;
    application.stop(code).catch((cause: unknown) => fail(`stopping failed: ${String(cause)}`));
  });
}

try {
  await application.start();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const hint = 'code' in error && error.code === 'EADDRINUSE' ? ': set PORT to a free one, 0 picks one' : '';
  fail(`hubbub can't start: ${error.message}${hint}`);
}
