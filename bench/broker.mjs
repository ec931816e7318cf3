import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.mjs';

/** A Redis of the benchmark's own, that keeps nothing on disk; or that of `REDIS_URL`, where it is set. */
export async function startBroker() {
  const { REDIS_URL: url } = process.env;
  if (url) return { url, stop: async () => {} };
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  const orphan = () => child.kill('SIGKILL');
  process.once('exit', orphan);
  const ended = once(child, 'close');
  const failed = once(child, 'error').then(([error]) => {
    throw new Error(
      `redis-server does not start (${error.message}): install Redis 7 (Debian: apt-get install redis-server), or set REDIS_URL`,
    );
  });
  await Promise.race([ready(child), failed]);
  failed.catch(() => {});
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      process.off('exit', orphan);
    },
  };
}

function ready(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stdout.on('data', (chunk) => {
      log = `${log}${chunk}`.slice(-4000);
      if (log.includes('Ready to accept connections')) resolve();
    });
    child.once('close', () => reject(new Error(`redis-server ended:\n${log}`)));
  });
}
