import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/app/main.js', import.meta.url));

/** A pod as users run it: the built program in a process of its own. */
export interface PodProcess {
  readonly port: number;
  /** Ends it as a deploy does, and waits. */
  stop(): Promise<void>;
}

/** Starts the built program and waits until it listens. */
export async function startPod(env: Readonly<Record<string, string>> = {}): Promise<PodProcess> {
  if (!existsSync(MAIN)) throw new Error(`expected ${MAIN}, got nothing: npm run build makes it`);
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', DRAIN_MS: '200', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  return { port, stop: () => stop(child) };
}

async function portOf(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('the pod has no standard output');
  for await (const text of createInterface({ input: child.stdout })) {
    const line: { msg: string; port: number } = JSON.parse(text);
    if (line.msg === 'listening') {
      // What comes later must not fill the pipe.
      child.stdout.resume();
      return line.port;
    }
  }
  throw new Error(`the pod ended before it listened, with ${String(child.exitCode)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
