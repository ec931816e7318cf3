import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Batch } from '../../ports/frame.js';

/** What one connection was given to send in this turn, until it is handed to the socket. */
export interface Outbox {
  /** Bytes that wait here; what the socket itself buffers is not among them. */
  readonly bytes: number;
  add(batch: Batch): void;
  /** Hands everything to the socket in one write. MUST be called only while the WebSocket is open. */
  flush(): void;
  ping(): void;
  pong(payload: Uint8Array): void;
}

/** Sends frame by frame through the documented interface of ws: works on any stream, at a header for each receiver. */
export class FrameOutbox implements Outbox {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #batches: Batch[] = [];
  bytes = 0;

  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
    for (const frame of batch.frames) this.bytes += frame.length;
  }

  flush(): void {
    const batches = this.#batches;
    this.#batches = [];
    this.bytes = 0;
    this.#socket.cork();
    for (const batch of batches) for (const frame of batch.frames) this.#ws.send(frame, { binary: false });
    this.#socket.uncork();
  }

  ping(): void {
    this.#ws.ping();
  }

  pong(payload: Uint8Array): void {
    this.#ws.pong(payload);
  }
}
