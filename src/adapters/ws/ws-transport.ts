import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Admission, ChatPort } from '../../ports/chat-port.js';
import type { Refusal } from '../../ports/refusal.js';
import type { ChatSocket } from './chat-socket.js';
import { ClientAddress } from './client-address.js';
import { DirectOutbox, canWriteDirectly } from './direct-outbox.js';
import { FlushQueue } from './flush-queue.js';
import { faultOf, knockOf } from './handshake.js';
import { Heartbeat } from './heartbeat.js';
import { InboxQueue } from './inbox-queue.js';
import { type HttpAnswer, answer } from '../node/http-answer.js';
import { type WsSettings, type WsTransportOptions, settingsOf } from './options.js';
import { FrameOutbox } from './outbox.js';
import { type AnyHttpServer, ignore, type LeaveUpgrade, listen, type TakeUpgrade } from './upgrades.js';
import { type ConnectionShared, WsConnection } from './ws-connection.js';
import { WsServer } from './ws-server.js';

const STOPPED: HttpAnswer = { status: 503, code: 'unavailable', message: 'the server is stopping', retryAfter: 1 };
const FAULT: HttpAnswer = { status: 500, code: 'internal', message: 'the server failed to answer' };

/**
 * Chat over WebSocket, by ws. It opens no port: it mounts on HTTP servers that live and end elsewhere.
 *
 * @example Beside a user's own routes
 * ```ts
 * const server = http.createServer(routes);
 * const transport = new WsTransport(chat);
 * transport.attach(server, { path: '/api/chat-api/ws' });
 * server.listen(8001);
 * ```
 */
export class WsTransport {
  readonly #chat: ChatPort;
  readonly #settings: WsSettings;
  readonly #server: WsServer;
  readonly #shared: ConnectionShared;
  readonly #addresses: ClientAddress;
  readonly #heartbeat: Heartbeat<WsConnection>;
  /** Sockets that wait for an answer, or for the end after a refusal. */
  readonly #doors = new Set<Duplex>();
  /** What ends listening, for each path that is served. */
  readonly #mounts: (() => void)[] = [];
  #stopping: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  /** @throws RangeError where an option makes no sense */
  constructor(chat: ChatPort, options: WsTransportOptions = {}) {
    this.#chat = chat;
    this.#settings = settingsOf(options);
    this.#server = new WsServer(this.#settings);
    const { logger, trustedProxies, refusals } = this.#settings;
    this.#addresses = new ClientAddress(trustedProxies, logger);
    this.#heartbeat = new Heartbeat(this.#settings.heartbeatMs);
    this.#shared = {
      flushes: new FlushQueue(),
      inboxes: new InboxQueue(),
      heartbeat: this.#heartbeat,
      highWaterMark: this.#settings.highWaterMark,
      sendBufferBytes: this.#settings.sendBufferBytes,
      onGone: () => this.#checkEmpty(),
      ...(refusals && { refusals }),
    };
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#heartbeat.size;
  }

  /**
   * Serves the upgrades of one path of a server, compared as sent, without the query. Routes and other upgrade
   * listeners of the server are left alone; an upgrade of a path that nobody listens to is answered 404.
   *
   * @throws {Error} where this path of the server is served already, by whichever transport; after {@link close}
   */
  attach(server: AnyHttpServer, { path }: { readonly path: string }): void {
    if (this.#stopping !== undefined) throw new Error('WsTransport: attach() after close()');
    const take: TakeUpgrade = (request, socket, head) => this.#knock(request, socket, head);
    const leave: LeaveUpgrade = (request, { message }) => this.#trace(message, this.#addresses.of(request));
    this.#mounts.push(listen(server, path, take, leave));
  }

  /** Stops listening. Connections stay. */
  detach(): void {
    for (const unmount of this.#mounts.splice(0)) unmount();
  }

  /**
   * Stops listening, closes with 1001 what is still open, and resolves when all sockets are gone: after
   * `closeTimeoutMs` they are destroyed. Leaves no listener and no timer. Never rejects.
   */
  close(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #stop(): Promise<void> {
    for (const connection of this.#heartbeat.items()) connection.close(1001, 'the server is stopping');
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#terminateAll(), this.#settings.closeTimeoutMs);
      this.#emptied = () => {
        clearTimeout(timer);
        // Until now whoever knocked was told to come back later.
        this.detach();
        resolve();
      };
      this.#checkEmpty();
    });
  }

  #terminateAll(): void {
    for (const connection of this.#heartbeat.items()) connection.terminate();
    for (const socket of this.#doors) socket.destroy();
  }

  #checkEmpty(): void {
    if (this.#heartbeat.size === 0 && this.#doors.size === 0) this.#emptied?.();
  }

  #knock(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const leave = (): void => {
      this.#doors.delete(socket);
      this.#checkEmpty();
    };
    this.#doors.add(socket);
    socket.once('close', leave);
    const fault = faultOf(request);
    const address = this.#addresses.of(request);
    if (fault !== undefined) {
      this.#trace(fault.message, address);
      return answer(socket, fault);
    }
    const upgrade = (reply: Admission): void => {
      socket.off('close', leave);
      this.#server.upgrade(request, socket, head, reply.protocol, (ws) => this.#open(ws, socket, reply));
      leave();
    };
    void this.#ask(request, address)
      .then((reply) => (isAnswer(reply) ? answer(socket, reply) : upgrade(reply)))
      .catch((error: unknown) => {
        // Two upgrade listeners have taken the same socket: whose it is, nobody can say.
        this.#settings.logger.error('ws upgrade failed', { cause: error });
        socket.destroy();
        leave();
      });
  }

  /** What the chat is not asked about. */
  #trace(reason: string, address: string): void {
    this.#settings.refusals?.add('upgrade', reason, { address });
  }

  async #ask(request: IncomingMessage, address: string): Promise<Admission | Refusal | HttpAnswer> {
    try {
      const reply = await this.#chat.knock(knockOf(request, address));
      if (this.#stopping === undefined) return reply;
      if (!isAnswer(reply)) this.#trace(STOPPED.message, address);
      return STOPPED;
    } catch (cause) {
      this.#settings.logger.error('ws knock failed', { cause });
      return FAULT;
    }
  }

  #open(ws: ChatSocket, socket: Duplex, admission: Admission): void {
    socket.off('error', ignore);
    const direct = this.#settings.directWrites && canWriteDirectly(ws, socket);
    const outbox = direct ? new DirectOutbox(socket) : new FrameOutbox(ws, socket);
    const connection = new WsConnection(ws, socket, outbox, this.#shared, admission.address);
    ws.adopt(connection);
    this.#heartbeat.add(connection);
    try {
      connection.begin(this.#chat.open(connection, admission));
    } catch (cause) {
      this.#settings.logger.error('ws open failed', { cause });
      connection.close(1011, 'server fault');
    }
  }
}

function isAnswer(reply: Admission | Refusal | HttpAnswer): reply is Refusal | HttpAnswer {
  return 'status' in reply;
}
