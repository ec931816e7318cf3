import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { each, PATIENCE_MS, scaled, until, within } from '../support/abuse/scale.js';

const MIB = 2 ** 20;
const CLIENTS = scaled(100, 500);
/** It has the longest answer of all paths. */
const REQUEST = 'GET /api/chat-api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n';
/** As many as one read of the server's brings. */
const MANY = Math.floor((64 * 1024) / REQUEST.length);
const pod = abusedPod();

/** Asks for many at once, and never reads. */
async function ask(): Promise<Socket> {
  const socket = connect({ port: pod.port, host: '127.0.0.1' }).pause();
  socket.on('error', () => {});
  await within(once(socket, 'connect'), 'a connection');
  socket.write(REQUEST.repeat(MANY));
  pod.tried('requests whose answers nobody reads', MANY);
  return socket;
}

describe('who asks and does not read the answers', () => {
  it(
    'a thousand requests at once by each of many: they are cut off, and nothing is held for them',
    async () => {
      const before = await pod.vitals();
      const sockets: Socket[] = [];
      await each(CLIENTS, 10, async () => void sockets.push(await ask()));
      await until(async () => (await pod.vitals()).sockets <= before.sockets, 'that they are cut off', 250);
      expect((await pod.vitals()).heap - before.heap).toBeLessThan(4 * MIB);
      for (const socket of sockets) socket.destroy();
    },
    PATIENCE_MS,
  );
});
