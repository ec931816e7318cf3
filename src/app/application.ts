import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WsTransport } from '../adapters/ws/index.js';
import type { Hub } from '../domain/hub.js';
import type { Logger } from '../ports/system.js';
import { closeClients, type StopCode } from './stop.js';

/** Failures to accept are logged at most once in this time, in milliseconds. */
const LOG_EVERY_MS = 10_000;

export interface ApplicationOptions {
  readonly hub: Hub;
  readonly transport: WsTransport;
  readonly server: Server;
  readonly logger: Logger;
  readonly version: string;
  /** Those that differ from their defaults, without secrets: for the log. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly host: string;
  readonly port: number;
  /** Where the WebSocket endpoint is. */
  readonly path: string;
  /** How clients are known, for the log: who meant to ask for tokens sees that nobody is. */
  readonly auth: 'guests' | 'tokens';
  /** Each client is told at a stop to come back after a random delay of up to this, in milliseconds. */
  readonly drainMs: number;
}

/** A pod: the chat, and the server that it is reached by. */
export class Application {
  readonly #options: ApplicationOptions;
  #starting: Promise<number> | undefined;
  #stopping: Promise<void> | undefined;
  #acceptFailedAt = -Infinity;

  constructor(options: ApplicationOptions) {
    this.#options = options;
  }

  /**
   * Starts in this order: the hub with its broadcaster, the transport, the port. Resolves with the port.
   *
   * @throws where the settings can't work, or the port can't be had
   */
  start(): Promise<number> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Stops in this order: new clients are refused (503), what is under way is finished, clients are told when to come back and
   * closed, sockets, the port, the broadcaster. Nothing is left that keeps the process. A second call waits for the first.
   */
  stop(code: StopCode): Promise<void> {
    this.#stopping ??= this.#stop(code);
    return this.#stopping;
  }

  async #start(): Promise<number> {
    const { hub, transport, server, logger, host, path, auth, version, settings } = this.#options;
    logger.info('starting', { version, node: process.versions.node, settings });
    await hub.start();
    transport.attach(server, { path });
    const port = await this.#listen();
    logger.info('listening', { host, port, path, auth });
    return port;
  }

  async #stop(code: StopCode): Promise<void> {
    const { hub, transport, server, logger, drainMs } = this.#options;
    // Half a start can't be stopped in order.
    await this.#starting?.catch(() => undefined);
    logger.info('stopping', { connections: hub.counts.connections });
    await closeClients(hub, transport, code, drainMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await hub.close();
    logger.info('stopped');
  }

  #acceptFailed(cause: Error): void {
    const now = performance.now();
    if (now - this.#acceptFailedAt < LOG_EVERY_MS) return;
    this.#acceptFailedAt = now;
    this.#options.logger.error('a connection could not be accepted', { cause });
  }

  #listen(): Promise<number> {
    const { server, host, port } = this.#options;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        // Without a listener, a connection that cannot be accepted (EMFILE, ENFILE) would end the process.
        server.on('error', (cause) => this.#acceptFailed(cause));
        resolve(portOf(server.address()));
      });
    });
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new TypeError(`server: expected to listen on a port, got ${address}`);
}
