import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Passage } from './passage.js';

/** A way from a pod to its Redis, on which things go wrong as a test wants. */
export class ChaosProxy {
  readonly port: number;
  readonly #server: Server;
  #to: number;
  readonly #open = new Set<Passage>();
  readonly #sockets = new Set<Socket>();
  #treatment: (passage: Passage) => void = () => {};
  #refusing = false;
  #accepted = 0;
  #refused = 0;

  private constructor(server: Server, port: number, to: number) {
    this.#server = server;
    this.port = port;
    this.#to = to;
    server.on('connection', (near) => this.#accept(near));
  }

  /** @param to the port of the Redis */
  static async before(to: number): Promise<ChaosProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
    return new ChaosProxy(server, address.port, to);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get counts(): { readonly open: number; readonly accepted: number; readonly refused: number } {
    return { open: this.#open.size, accepted: this.#accepted, refused: this.#refused };
  }

  /** The connections that stand, or those of them that are wanted. */
  passages(wanted: (passage: Passage) => boolean = () => true): Passage[] {
    return [...this.#open].filter(wanted);
  }

  /** Resets the connections that stand. New ones are let in, unless they are refused. */
  cut(wanted?: (passage: Passage) => boolean): void {
    for (const passage of this.passages(wanted)) passage.cut();
  }

  /** New connections are reset. */
  refuse(): void {
    this.#refusing = true;
  }

  /** New connections lead to another port. */
  redirect(to: number): void {
    this.#to = to;
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Does this to every connection that stands and to every new one, until `heal`. */
  treat(treatment: (passage: Passage) => void): void {
    this.#treatment = treatment;
    for (const passage of this.#open) treatment(passage);
  }

  /** Ends all faults. What was black-holed stays so, as its bytes are gone. */
  heal(): void {
    this.#refusing = false;
    this.#treatment = () => {};
    for (const passage of this.#open) passage.heal();
  }

  async close(): Promise<void> {
    this.#refusing = true;
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #accept(near: Socket): void {
    if (this.#refusing) {
      this.#refused++;
      near.on('error', () => {});
      near.resetAndDestroy();
      return;
    }
    this.#accepted++;
    const far = connect(this.#to, '127.0.0.1');
    const passage = new Passage(near, far);
    this.#open.add(passage);
    near.on('close', () => this.#open.delete(passage));
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    this.#treatment(passage);
  }
}
