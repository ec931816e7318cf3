import { spawn } from 'node:child_process';
import { once } from 'node:events';

const START_MS = 20_000;
const STOP_MS = 3_000;
const KEPT_CHARACTERS = 4_000;

/**
 * @typedef {object} Launched
 * @property {number} pid
 * @property {string} found what the expression captured of the line that says that it listens
 * @property {() => string | undefined} fault says how it ended and what it printed, where it ended unasked
 * @property {() => Promise<void>} stop ends it, and waits until it is gone; never rejects
 */

/**
 * Starts a server and waits until it says that it listens.
 *
 * @param {string} label names it in errors
 * @param {[command: string, args: string[]]} program
 * @param {object} options
 * @param {Record<string, string>} options.env its whole environment but the PATH
 * @param {RegExp} options.listens what it prints when it listens
 * @param {NodeJS.Signals} [options.orphaned] what it gets when this process exits without having stopped it; one that has
 *   processes of its own must be let end them
 * @returns {Promise<Launched>}
 * @throws where it ends before that, or takes too long: with what it printed
 */
export async function launch(label, [command, args], { env, listens, orphaned = 'SIGKILL' }) {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const orphan = () => child.kill(orphaned);
  process.once('exit', orphan);
  /** @type {{ output: string, stopping: boolean, ending?: string }} */
  const server = { output: '', stopping: false };
  const ended = once(child, 'close')
    .then(([code, signal]) => (signal ? `by ${signal}` : `with exit code ${code}`))
    .catch((error) => error.message)
    .then((how) => (server.ending = how))
    .finally(() => process.off('exit', orphan));
  const tell = (what) => `${label} ${what}${server.output && `, it printed:\n${server.output.trimEnd()}`}`;
  const stop = async () => {
    server.stopping ||= server.ending === undefined;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  };

  const found = await listening(child, ended, server, listens).catch(async (error) => {
    await stop();
    throw new Error(tell(error.message), { cause: error });
  });
  const fault = () => (server.ending === undefined || server.stopping ? undefined : tell(`ended ${server.ending}`));
  return { pid: child.pid, found, fault, stop };
}

function listening(child, ended, server, listens) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`did not listen within ${START_MS} ms`)), START_MS);
    const hear = (chunk) => {
      server.output = (server.output + chunk).slice(-KEPT_CHARACTERS);
      const match = listens.exec(server.output);
      if (match) resolve(match[1]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    ended.then((how) => reject(new Error(`ended before it listened, ${how}`))).finally(() => clearTimeout(timer));
    child.once('error', reject);
  });
}
