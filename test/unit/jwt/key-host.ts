import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A key server on a loopback port. It counts what it is asked, and can be held, broken and stopped. */
export class KeyHost {
  /** How often it was asked. */
  requests = 0;
  readonly #server: Server;
  #answer: Answer = (response) => response.end();
  #held: (() => void)[] | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests += 1;
      const reply = (): void => this.#answer(response, request);
      if (this.#held) this.#held.push(reply);
      else reply();
    });
  }

  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/keys`;
  }

  answer(answer: Answer): void {
    this.#answer = answer;
  }

  /** Answers with a key set, or with anything else. */
  serve(body: string | object, status = 200): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    // Ending the connection lets the server stop at once.
    this.answer((response) => response.writeHead(status, { connection: 'close' }).end(text));
  }

  /** Requests wait from now on until `release`. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const reply of held) reply();
  }

  /** Stops; whoever asks then is refused by the kernel. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
