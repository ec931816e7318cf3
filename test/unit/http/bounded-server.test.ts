import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createHttpServer } from '../../../src/adapters/http/index.js';
import { eventually } from '../../support/eventually.js';
import { listen } from './raw.js';

const GET = 'GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** A server for three sockets, whose upgrades stay until the client ends them. */
async function start() {
  const dropped: number[] = [];
  const bound = { max: 3, onFull: (sockets: number) => dropped.push(sockets) };
  const server = createHttpServer((_request, response) => response.end('fine'), {}, bound);
  server.on('upgrade', (_request, socket) => socket.on('error', () => {}).write('welcome'));
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, dropped };
}

async function dial(port: number, send = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  if (send !== '') await request(socket, send);
  return socket;
}

async function request(socket: Socket, send: string): Promise<void> {
  socket.write(send);
  await once(socket, 'data');
}

it('one socket too many costs the one that has requested nothing for longest', async () => {
  const { port, dropped } = await start();
  const [first, second, third] = [await dial(port, GET), await dial(port, GET), await dial(port, GET)];
  await request(first, GET);
  const fourth = await dial(port, GET);
  await eventually(() => second.closed, true);
  await Promise.all([first, third, fourth].map((socket) => request(socket, GET)));
  expect(dropped).toEqual([1]);
});

it('a socket that never requests anything counts, and gives way to a health check', async () => {
  const { port } = await start();
  const silent = [await dial(port), await dial(port), await dial(port)];
  for (let n = 0; n < 3; n++) await dial(port, GET);
  await eventually(() => silent.map(({ closed }) => closed), [true, true, true]);
});

it('an upgraded socket is never closed for another, until it has had its last answer', async () => {
  const { port } = await start();
  const upgraded = [await dial(port, UPGRADE), await dial(port, UPGRADE)];
  const probe = await dial(port, GET);
  await dial(port, GET);
  await eventually(() => probe.closed, true);
  upgraded.push(await dial(port, UPGRADE));
  const late = await dial(port);
  await eventually(() => late.closed, true);
  expect(upgraded.map(({ closed }) => closed)).toEqual([false, false, false]);
});
