import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { upgradeRequest } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis.js';

/** Fewer, and Node cannot load the program: it opens hundreds of modules at once. */
const FILES = 600;
const PATH = '/api/chat-api/ws';

/** Clients that dial again as soon as they are cut off, until the test ends: some want to chat, some say nothing. */
function crowd(port: number, size: number): void {
  let over = false;
  onTestFinished(() => void (over = true));
  const dial = (text: string): void => {
    if (over) return;
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).resume();
    socket.on('close', () => setTimeout(dial, 20, text));
  };
  for (let n = 0; n < size; n++) dial(n % 2 === 0 ? upgradeRequest(PATH) : '');
}

async function statusOf(port: number, path: string): Promise<number> {
  const options = { signal: AbortSignal.timeout(5000), headers: { connection: 'close' } };
  return (await fetch(`http://127.0.0.1:${port}${path}`, options)).status;
}

describe('a pod with fewer open files than MAX_CONNECTIONS', () => {
  it('answers health checks and comes back to Redis while clients take every socket they get', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const pod = await PodProcess.start({ REDIS_URL: redis.url }, { before: `ulimit -n ${FILES}` });
    onTestFinished(async () => void (await pod.stop()));
    expect(await pod.logged('MAX_CONNECTIONS is lowered: raise ulimit -n')).toMatchObject({
      level: 'warn',
      openFiles: FILES,
      to: FILES - 128,
    });
    const ada = await connectClient(pod.port, { rooms: ['lobby'] });
    crowd(pod.port, FILES + 200);
    await pod.logged('more sockets than MAX_CONNECTIONS allows: the idlest were closed');
    expect(await statusOf(pod.port, '/livez')).toBe(200);
    await redis.crash();
    await eventually(() => statusOf(pod.port, '/readyz'), 503);
    expect(await statusOf(pod.port, '/livez')).toBe(200);
    await redis.start();
    await eventually(() => statusOf(pod.port, '/readyz'), 200);
    await ada.say('back', 'lobby');
    await ada.hears('back', 'lobby');
  });
});
