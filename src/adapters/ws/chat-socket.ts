import { type RawData, WebSocket } from 'ws';

/** What a {@link ChatSocket} tells its connection. */
export interface SocketOwner {
  /** A close frame is about to be written, by whomever: the last moment to write anything. */
  closing(): void;
  message(data: Buffer, isBinary: boolean): void;
  pinged(payload: Buffer): void;
  /** The client broke a rule of the frame layer; ws closes the connection by itself. */
  failed(code: string): void;
  closed(): void;
}

/**
 * A WebSocket that knows its connection, so that all of them share the same listeners: closures for each would be a
 * tenth of an idle connection's memory.
 */
export class ChatSocket extends WebSocket {
  owner: SocketOwner | undefined;

  /** Owns the events. ws closes by itself after a fault, so an `error` needs no further answer. */
  adopt(owner: SocketOwner): void {
    this.owner = owner;
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('error', onError);
    this.on('close', onClose);
  }

  /** Called by ws too: to answer a client's close frame, and after protocol errors. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.owner?.closing();
    super.close(code, reason);
    // The client's half of the closing handshake must be read, whatever made us stop reading.
    if (this.isPaused) this.resume();
  }
}

function ownerOf(ws: WebSocket): SocketOwner | undefined {
  return ws instanceof ChatSocket ? ws.owner : undefined;
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  // Always one buffer: that is the `binaryType` unless somebody changes it.
  if (Buffer.isBuffer(data)) ownerOf(this)?.message(data, isBinary);
}

function onPing(this: WebSocket, payload: Buffer): void {
  ownerOf(this)?.pinged(payload);
}

function onClose(this: WebSocket): void {
  ownerOf(this)?.closed();
}

// An `error` event without a listener would end the process. Errors without a code of ws come from the network.
function onError(this: WebSocket, error: NodeJS.ErrnoException): void {
  if (error.code?.startsWith('WS_ERR_')) ownerOf(this)?.failed(error.code);
}
