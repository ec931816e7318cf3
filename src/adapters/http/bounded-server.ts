import { IncomingMessage, Server, type RequestListener, type ServerOptions } from 'node:http';
import { Socket } from 'node:net';

/** Reports are at least this far apart, in milliseconds. */
const REPORT_EVERY_MS = 10_000;

export interface SocketBound {
  /** Sockets that the server holds at most, whatever they are used for. */
  readonly max: number;
  /** Called with how many sockets had to go since the last call, at most every 10 s. */
  readonly onFull: (dropped: number) => void;
}

/**
 * A server that bounds all of its sockets, also those that have not requested anything yet. One more costs the one that has
 * done nothing for longest, of those that are no WebSocket: so a health check gets through however many others knock, and the
 * process keeps descriptors for what it dials itself.
 */
export class BoundedServer extends Server {
  readonly #bound: SocketBound;
  /** Sockets that may go, the one without a request for longest first. */
  readonly #spare = new Set<Socket>();
  #size = 0;
  #dropped = 0;
  #reportedAt = -Infinity;

  constructor(options: ServerOptions, listener: RequestListener, bound: SocketBound) {
    super(options, listener);
    this.#bound = bound;
    const onClose = shared((socket) => this.#forget(socket));
    // A socket that has had its last answer may go, whether it was upgraded or not.
    const onFinish = shared((socket) => this.#spare.add(socket));
    this.on('connection', (socket: Socket) => {
      socket.on('close', onClose).on('finish', onFinish);
      this.#admit(socket);
    });
  }

  /** Not by listening: Node offers upgrades to whoever listens, and so nobody else may seem to. */
  override emit(event: string, ...args: unknown[]): boolean {
    if (event === 'upgrade' && args[1] instanceof Socket) this.#spare.delete(args[1]);
    if (event === 'request' && args[0] instanceof IncomingMessage) this.#used(args[0].socket);
    return super.emit(event, ...args);
  }

  #admit(socket: Socket): void {
    this.#size += 1;
    this.#spare.add(socket);
    if (this.#size <= this.#bound.max) return;
    // Itself, if all others are WebSockets.
    for (const oldest of this.#spare) {
      oldest.destroy();
      this.#spare.delete(oldest);
      break;
    }
    this.#report();
  }

  /** It goes behind those that have requested nothing for longer. */
  #used(socket: Socket): void {
    if (this.#spare.delete(socket)) this.#spare.add(socket);
  }

  #forget(socket: Socket): void {
    this.#size -= 1;
    this.#spare.delete(socket);
  }

  #report(): void {
    this.#dropped += 1;
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    this.#bound.onFull(this.#dropped);
    this.#dropped = 0;
  }
}

/** One listener for all sockets: a closure for each would cost memory. */
function shared(listen: (socket: Socket) => void): (this: Socket) => void {
  return function (this: Socket) {
    listen(this);
  };
}
