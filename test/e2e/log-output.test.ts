import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { PodProcess, type Surroundings } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { startRedis } from '../support/redis.js';
import { StalledPipe } from '../support/stalled-pipe.js';

async function startPod(env: Record<string, string>, surroundings: Surroundings): Promise<PodProcess> {
  const pod = await PodProcess.startUnread(env, surroundings);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

/** Somebody says something in a room, and hears it. */
async function chats(pod: PodProcess): Promise<void> {
  const client = await connectClient(pod.port, { rooms: ['lobby'] });
  await client.say('hello', 'lobby');
  await client.hears('hello', 'lobby');
  await client.close();
}

function eventsOf(lines: readonly string[]): string[] {
  return lines.map((line) => String(JSON.parse(line).msg));
}

describe('a pod whose log cannot be written', () => {
  it('goes on without its Redis and comes back to it: a full disk', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const stdout = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(stdout));
    const pod = await startPod({ REDIS_URL: redis.url, LOG_LEVEL: 'warn' }, { stdout });
    await chats(pod);
    await redis.cli('client', 'kill', 'type', 'pubsub');
    await redis.cli('client', 'kill', 'type', 'normal');
    await eventually(async () => (await fetch(`http://127.0.0.1:${pod.port}/readyz`)).status, 200);
    await chats(pod);
    expect(await pod.stop()).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
  });

  it('goes on, and logs again when there is room: a file at the limit of its size', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hubbub-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'log');
    const stdout = openSync(path, 'a');
    onTestFinished(() => closeSync(stdout));
    const pod = await startPod({ LOG_LEVEL: 'debug' }, { stdout, before: 'ulimit -f 1' });
    const size = (): number => readFileSync(path).length;
    for (let full = false, before = size(); !full; before = size()) {
      await chats(pod);
      full = size() === before;
    }
    truncateSync(path);
    await eventually(() => size() > 0, true);
    await chats(pod);
    expect(await pod.stop()).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
  });

  it('serves while the reader hangs, and keeps every line for it to its own end', async () => {
    const pipe = new StalledPipe().fill();
    const pod = await startPod({}, { stdout: pipe.fd });
    await chats(pod);
    pod.signal('SIGTERM');
    // All is closed, but for the log.
    await eventually(() => pod.isLive(), false);
    await eventually(() => eventsOf(pipe.read()).at(-1), 'stopped');
    expect(await pod.exited).toEqual({ code: 0, signal: null });
    expect(eventsOf(pipe.read()).slice(-3)).toEqual(['listening', 'stopping', 'stopped']);
  });

  it('serves and ends when its reader is gone', async () => {
    const pipe = new StalledPipe();
    pipe.close();
    const pod = await startPod({ LOG_LEVEL: 'debug' }, { stdout: pipe.fd });
    await chats(pod);
    expect(await pod.stop()).toEqual({ code: 0, signal: null });
    expect(pod.stderr).toBe('');
  });
});

it('why a pod cannot start is told also when the reader of standard error is slow', async () => {
  const pipe = new StalledPipe().fill();
  const pod = new PodProcess({ PORT: 'nonsense' }, { stderr: pipe.fd });
  onTestFinished(async () => void (await pod.stop()));
  // It has begun to write, or is gone.
  await eventually(() => !pod.isRunning || holders(pod.pid, pipe.path) > 1, true);
  await eventually(() => pipe.read().length, 1);
  expect(pipe.read()).toEqual(['PORT: expected an integer from 0 to 65535, got "nonsense"']);
  expect(await pod.exited).toEqual({ code: 1, signal: null });
});

/** How often a process has a file open. Linux only. */
function holders(pid: number, path: string): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === path;
    } catch {
      return false;
    }
  }).length;
}
