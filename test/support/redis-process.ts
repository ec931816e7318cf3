import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { redisOwner, tlsArgs, untilRedisAnswers, type RedisServer, type TlsPort } from './redis-server.js';

const run = promisify(execFile);
const PID_FILE = 'redis.pid';

/** Says which `redis-server` the PATH has, as `redis-server 7.0.15`. */
export async function findRedisServer(): Promise<string | undefined> {
  try {
    const { stdout } = await run('redis-server', ['--version']);
    return `redis-server ${/v=(\S+)/.exec(stdout)?.[1] ?? 'of unknown version'}`;
  } catch {
    return undefined;
  }
}

/** Starts a `redis-server` process on a loopback port, with a folder of its own. */
export async function startRedisProcess(
  program: string,
  port: number,
  args: readonly string[],
  tls?: TlsPort,
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix(redisOwner().project)}-`));
  const secured = tls ? [...args, ...(await tlsIn(folder, tls))] : args;
  const launch = () => launchOn(port, folder, secured);
  let child = await launch();
  let stopped: Promise<void> | undefined;
  const end = async () => {
    await kill(child);
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    tlsPort: tls?.port,
    label: `process ${program}`,
    cli: async (...command) => (await run('redis-cli', ['-p', String(port), ...command])).stdout.trim(),
    freeze: async () => void child.kill('SIGSTOP'),
    thaw: async () => void child.kill('SIGCONT'),
    crash: () => kill(child),
    start: async () => {
      child = await launch();
    },
    stop: () => (stopped ??= end()),
  };
}

async function tlsIn(folder: string, { port, cert, key }: TlsPort): Promise<string[]> {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return tlsArgs(port, certFile, keyFile);
}

async function launchOn(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--pidfile', join(folder, PID_FILE)];
  const child = spawn('redis-server', [...fixed, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const orphan = () => child.kill('SIGKILL');
  process.once('exit', orphan);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const ended = once(child, 'close').then(() => {
    process.off('exit', orphan);
    throw new Error(`redis-server on port ${port} ended at once:\n${log}`);
  });
  await Promise.race([untilRedisAnswers(port), ended]);
  ended.catch(() => undefined);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

/**
 * Ends the servers that tests of this run left behind.
 *
 * @param project only those of this project
 * @returns how many there were
 */
export function removeLeftProcesses(project?: string): number {
  const prefix = folderPrefix(project ?? '');
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const name of left) {
    const folder = join(tmpdir(), name);
    endProcessOf(join(folder, PID_FILE));
    rmSync(folder, { recursive: true, force: true });
  }
  return left.length;
}

function endProcessOf(pidFile: string): void {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
  } catch {
    // It was gone already, with its pid file or without.
  }
}

function folderPrefix(project: string): string {
  return `hubbub-redis-${redisOwner().run}-${project}`;
}
