import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { within } from './scale.js';

/** What came of a request with a body that nobody wants. */
export interface Ending {
  readonly status: number;
  /** Bytes of the body that were taken before the connection was closed. */
  readonly sent: number;
  /** Milliseconds from the head of the request to the end of the connection. */
  readonly ms: number;
}

/** Sends the head of a request, and then a piece of body again and again until somebody ends the connection. */
export async function feed(port: number, head: string, piece: Buffer, everyMs: number): Promise<Ending> {
  const socket = connect({ port, host: '127.0.0.1' });
  let [answer, sent] = ['', 0];
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  await within(once(socket, 'connect'), 'a connection');
  const started = performance.now();
  socket.write(head);
  const timer = setInterval(() => {
    if (socket.writable && socket.writableLength < 2 ** 20) socket.write(piece, () => (sent += piece.length));
  }, everyMs);
  try {
    await ended(socket);
    return { status: Number(answer.slice(9, 12)), sent, ms: performance.now() - started };
  } finally {
    clearInterval(timer);
    socket.destroy();
  }
}

/** By the other side, or because the other side has gone. */
function ended(socket: Socket): Promise<unknown> {
  const end = new Promise((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, resolve);
  });
  return within(end, 'the end of a request without end', 60_000);
}
