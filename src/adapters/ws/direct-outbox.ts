/*
 * The only file that leans on something ws does not document: without compression its Sender keeps no queue, but
 * writes each frame to the socket within the call. So bytes that we write to the same socket stand in the order of
 * the calls against the frames that ws writes itself (close frames), and never inside one.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Batch } from '../../ports/frame.js';
import type { Outbox } from './outbox.js';
import { PING, pong, wireOf } from './wire.js';

// Below it one copy and one write are cheaper than a vectored write.
const COPY_BYTES = 65_536;

/** Whether whole bytes may be written past ws: a real socket (TLS included), and nothing that transforms frames. */
export function canWriteDirectly(ws: WebSocket, socket: Duplex): socket is Socket {
  return socket instanceof Socket && ws.extensions === '';
}

/** Writes the shared bytes of batches to the socket. */
export class DirectOutbox implements Outbox {
  readonly #socket: Socket;
  // Nearly every turn brings one batch: it needs no array, and is written as it is.
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(batch: Batch): void {
    const wire = wireOf(batch);
    if (wire.length === 0) return;
    this.bytes += wire.length;
    if (this.#first === undefined) this.#first = wire;
    else if (this.#rest === undefined) this.#rest = [wire];
    else this.#rest.push(wire);
  }

  flush(): void {
    const first = this.#first;
    if (first === undefined) return;
    const rest = this.#rest;
    const bytes = this.bytes;
    this.#first = this.#rest = undefined;
    this.bytes = 0;
    if (rest === undefined) this.#socket.write(first);
    else if (bytes <= COPY_BYTES) this.#socket.write(Buffer.concat([first, ...rest], bytes));
    else this.#writeAll(first, rest);
  }

  ping(): void {
    this.#socket.write(PING);
  }

  pong(payload: Uint8Array): void {
    this.#socket.write(pong(payload));
  }

  #writeAll(first: Buffer, rest: readonly Buffer[]): void {
    this.#socket.cork();
    this.#socket.write(first);
    for (const wire of rest) this.#socket.write(wire);
    this.#socket.uncork();
  }
}
