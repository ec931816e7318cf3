import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every request with the same JSON, and counts. */
export class CountingServer {
  /** Requests so far. */
  asked = 0;
  readonly #server: Server;

  private constructor(body: object) {
    this.#server = createServer((_request, response) => {
      this.asked += 1;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(body));
    });
  }

  static async start(body: object): Promise<CountingServer> {
    const counting = new CountingServer(body);
    counting.#server.listen(0, '127.0.0.1');
    await once(counting.#server, 'listening');
    return counting;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
