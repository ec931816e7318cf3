import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ChatSession } from '../../ports/chat-port.js';
import type { ConnectionPort } from '../../ports/connection-port.js';
import type { Batch } from '../../ports/frame.js';
import type { RefusalReporter } from '../../ports/refusal.js';
import type { ChatSocket, SocketOwner } from './chat-socket.js';
import { trimReason } from './close-reason.js';
import type { FlushQueue, Flushable } from './flush-queue.js';
import type { Beating, Heartbeat } from './heartbeat.js';
import type { Inbox, InboxQueue } from './inbox-queue.js';
import type { Outbox } from './outbox.js';

/** What all connections of a transport share. */
export interface ConnectionShared {
  readonly flushes: FlushQueue;
  readonly inboxes: InboxQueue;
  readonly heartbeat: Heartbeat<WsConnection>;
  readonly highWaterMark: number;
  readonly sendBufferBytes: number;
  readonly onGone: () => void;
  readonly refusals?: RefusalReporter;
}

// Marks in the place of a byte count.
const NEVER_PINGED = -1;
const SEEN_CLOSING = -2;

/** A message as it came. */
interface Incoming {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** One client on a WebSocket. */
export class WsConnection implements ConnectionPort, SocketOwner, Beating, Flushable, Inbox {
  slot = 0;
  readonly #ws: ChatSocket;
  readonly #socket: Duplex;
  readonly #outbox: Outbox;
  readonly #shared: ConnectionShared;
  readonly #address: string;
  /** Bytes from which on the connection takes no more. Below the socket's own mark no `drain` follows. */
  readonly #mark: number;
  /** Bytes up to which nothing has to be looked at. */
  readonly #limit: number;
  #session: ChatSession | undefined;
  /** From the first byte that the socket does not take until the session is told: meanwhile somebody watches. */
  #blocked = false;
  #dirty = false;
  #pongDue: Buffer | undefined;
  /** Messages that wait for a later turn. Nothing is read meanwhile. */
  #inbox: Incoming[] | undefined;
  #paused = false;
  /** Bytes read when the last ping left, or taken where it was not read. */
  #heardAtPing = NEVER_PINGED;
  /** What was heard, where the stream does not count bytes itself. */
  #chunks = 0;

  constructor(ws: ChatSocket, socket: Duplex, outbox: Outbox, shared: ConnectionShared, address: string) {
    this.#ws = ws;
    this.#socket = socket;
    this.#outbox = outbox;
    this.#shared = shared;
    this.#address = address;
    this.#mark = Math.max(shared.highWaterMark, socket.writableHighWaterMark);
    this.#limit = Math.min(this.#mark, shared.sendBufferBytes);
    if (!(socket instanceof Socket)) socket.on('data', () => (this.#chunks += 1));
  }

  /** Says who is told of this connection from now on. Nothing comes in before the turn has ended. */
  begin(session: ChatSession): void {
    this.#session = session;
  }

  get writable(): boolean {
    return !this.#blocked;
  }

  send(batch: Batch): void {
    if (!this.#open) return;
    this.#outbox.add(batch);
    this.#flushLater();
    if (this.#buffered < this.#limit) return;
    if (!this.#blocked && this.#buffered >= this.#mark) this.#relieve();
    if (this.#buffered > this.#shared.sendBufferBytes) this.#cutOff(4008, 'reads too slowly');
  }

  pause(): void {
    this.#paused = true;
    if (this.#open) this.#ws.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#inbox) this.#ws.resume();
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#inbox = undefined;
    this.#ws.close(code, trimReason(reason));
  }

  /** Destroys the socket. */
  terminate(): void {
    this.#ws.terminate();
  }

  flush(): void {
    this.#dirty = false;
    if (!this.#open) return;
    this.#outbox.flush();
    if (!this.#blocked) this.#answerPing();
  }

  /** Pings, or closes where the last ping brought no life. */
  beat(): void {
    if (!this.#open) return this.#beatClosing();
    const { isPaused } = this.#ws;
    const heard = isPaused ? this.#taken : this.#heard;
    // Whom we do not read can show life only by taking what waits for it.
    const couldShow = !isPaused || this.#blocked;
    if (heard === this.#heardAtPing && couldShow) return this.close(4012, 'heartbeat missed');
    this.#heardAtPing = heard;
    this.#outbox.ping();
  }

  closing(): void {
    // A client may close right behind its last messages.
    while (this.#inbox) this.handOn();
    this.#outbox.flush();
  }

  message(data: Buffer, isBinary: boolean): void {
    if (this.#inbox) this.#inbox.push({ data, isBinary });
    else if (this.#shared.inboxes.take(data.length)) this.#receive(data, isBinary);
    else this.#keep({ data, isBinary });
  }

  get isFull(): boolean {
    return this.#inbox !== undefined;
  }

  handOn(): number {
    const next = this.#inbox?.shift();
    if (!next) return 0;
    if (this.#inbox?.length === 0) this.#readOn();
    this.#receive(next.data, next.isBinary);
    return next.data.length;
  }

  /** Only the latest of several pings is answered (RFC 6455, 5.5.3), so that a flood of them costs one write a turn. */
  pinged(payload: Buffer): void {
    this.#pongDue = Buffer.from(payload);
    this.#flushLater();
  }

  failed(code: string): void {
    this.#shared.refusals?.add('wire', code, { address: this.#address });
  }

  closed(): void {
    this.#inbox = undefined;
    this.#shared.heartbeat.remove(this);
    const session = this.#session;
    this.#session = undefined;
    session?.closed();
    this.#shared.onGone();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.#open) return;
    if (isBinary) this.#cutOff(1003, 'text frames only');
    else this.#session?.received(data.toString());
  }

  #keep(message: Incoming): void {
    if (!this.#open) return;
    this.#inbox = [message];
    this.#ws.pause();
    this.#shared.inboxes.add(this);
  }

  #readOn(): void {
    this.#inbox = undefined;
    if (!this.#paused) this.#ws.resume();
  }

  /** Closes for what the client did. */
  #cutOff(code: number, reason: string): void {
    this.#shared.refusals?.add('wire', reason, { address: this.#address });
    this.close(code, reason);
  }

  get #open(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  get #buffered(): number {
    return this.#outbox.bytes + this.#socket.writableLength;
  }

  get #heard(): number {
    return this.#socket instanceof Socket ? this.#socket.bytesRead : this.#chunks;
  }

  /** Bytes that the network has taken; where the stream does not count them, nobody is held to it. */
  get #taken(): number {
    return this.#socket instanceof Socket ? this.#socket.bytesWritten - this.#socket.writableLength : NaN;
  }

  #flushLater(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#shared.flushes.add(this);
  }

  // Much in one turn is no sign of a slow client: only what the socket does not take at once is.
  #relieve(): void {
    this.#outbox.flush();
    if (this.#socket.writableLength < this.#mark) return;
    this.#blocked = true;
    this.#watch();
  }

  // Always by an immediate: a session that answers `drained` with as much as goes in would otherwise, on a socket that
  // takes everything, keep the event loop for itself.
  #watch(): void {
    const later = (): void => void setImmediate(() => this.#look());
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', later);
    else later();
  }

  #look(): void {
    if (!this.#open) return;
    if (this.#buffered >= this.#mark) return this.#watch();
    this.#blocked = false;
    if (this.#pongDue !== undefined) this.#flushLater();
    this.#session?.drained();
  }

  #answerPing(): void {
    if (this.#pongDue === undefined) return;
    this.#outbox.pong(this.#pongDue);
    this.#pongDue = undefined;
  }

  // A client that ended its half but reads nothing would otherwise stay for as long as TCP allows.
  #beatClosing(): void {
    if (this.#heardAtPing === SEEN_CLOSING) this.terminate();
    this.#heardAtPing = SEEN_CLOSING;
  }
}
