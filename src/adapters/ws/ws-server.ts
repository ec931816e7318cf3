import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ChatSocket } from './chat-socket.js';
import { badRequest } from './handshake.js';
import { answer } from '../node/http-answer.js';
import type { WsSettings } from './options.js';

/** Fragments of one message: at 64 KiB that is 64 bytes each. More closes with 1008. */
const MAX_FRAGMENTS = 1024;
/** Pieces in which one frame may trickle in. More closes with 1008. */
const MAX_CHUNKS = 4096;

/** Turns admitted upgrades into WebSockets, within the limits of the protocol. */
export class WsServer {
  readonly #server: WebSocketServer;
  /** The subprotocol of the upgrade under way: ws asks within the call. */
  #protocol: string | undefined;

  constructor(settings: WsSettings) {
    const limits = {
      // One byte more closes with 1009.
      maxPayload: settings.messageBytes,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_CHUNKS,
      closeTimeout: settings.closeTimeoutMs,
      // Invalid UTF-8 closes with 1007.
      skipUTF8Validation: false,
      // A write of ready-made bytes can't be compressed, and a context for each connection costs more than its traffic.
      perMessageDeflate: false,
      // All frames of one read are taken in one turn: that is what makes batches.
      allowSynchronousEvents: true,
      // The connection answers pings itself, one a turn, and holds one at most: what `maxPendingAutoPongs` would bound
      // by cutting the client off.
      autoPong: false,
      maxPendingAutoPongs: 1,
      // The heartbeat keeps them.
      clientTracking: false,
    };
    this.#server = new WebSocketServer({
      ...limits,
      noServer: true,
      WebSocket: ChatSocket,
      handleProtocols: () => this.#protocol ?? false,
    });
    // The handshake was checked before: this is for what ws may come to refuse in later versions.
    this.#server.on('wsClientError', (error: Error, socket: Duplex) => answer(socket, badRequest(error.message)));
  }

  /**
   * Accepts an upgrade. Everything happens within the call, so that no byte can come between the answer and whoever
   * takes the socket; `accept` is not called where the client has left meanwhile.
   */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    protocol: string | undefined,
    accept: (ws: ChatSocket) => void,
  ): void {
    this.#protocol = protocol;
    // The handshake was checked before, and may list several protocols: ws knows no lists.
    request.headers.upgrade = 'websocket';
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      if (ws instanceof ChatSocket) accept(ws);
    });
  }
}
