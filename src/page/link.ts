import { backoff, isFinal } from './backoff.js';
import { isOf, type Ack, type Problem, type ServerFrame, type Welcome } from './frames.js';

export type LinkState =
  | { readonly is: 'connecting' }
  | { readonly is: 'open' }
  | { readonly is: 'waiting'; readonly delayMs: number }
  | { readonly is: 'ended'; readonly code: number };

/** The answer to a request; `lost` where the connection ended before it came. */
export type Answer =
  | { readonly is: 'ack'; readonly ack: Ack }
  | { readonly is: 'error'; readonly problem: Problem }
  | { readonly is: 'lost' };

export interface LinkEvents {
  /** Asked anew for each connection. */
  url(): string;
  state(state: LinkState): void;
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
}

/** Keeps one WebSocket open: comes back after a loss, notices a dead one, and pairs requests with their answers. */
export class Link {
  readonly #events: LinkEvents;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  #socket: WebSocket | undefined;
  #attempt = 0;
  #drainDelayMs: number | undefined;
  #retry: number | undefined;
  #heartbeat: number | undefined;
  #heard = true;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  connect(): void {
    clearTimeout(this.#retry);
    if (this.#socket) return;
    this.#events.state({ is: 'connecting' });
    const socket = new WebSocket(this.#events.url());
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#received(String(data)));
    socket.addEventListener('close', ({ code }) => this.#closed(socket, code));
  }

  /** Sends a request and settles with its answer. Never rejects. */
  ask(frame: object, id: string = randomId()): Promise<Answer> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve({ is: 'lost' });
    socket.send(JSON.stringify({ ...frame, id }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #received(text: string): void {
    const frame: ServerFrame = JSON.parse(text);
    this.#heard = true;
    if (isOf('welcome', frame)) this.#opened(frame.data);
    else if (isOf('draining', frame)) this.#drainDelayMs = frame.data.reconnectAfterMs;
    else if (!this.#settle(frame)) this.#events.frame(frame);
  }

  #opened(welcome: Welcome): void {
    this.#attempt = 0;
    this.#heartbeat = setInterval(() => this.#beat(), Math.max(1_000, welcome.heartbeatMs));
    this.#events.state({ is: 'open' });
    this.#events.welcome(welcome);
  }

  #settle(frame: ServerFrame): boolean {
    const resolve = this.#waiting.get(frame.re ?? '');
    if (!resolve) return false;
    this.#waiting.delete(frame.re ?? '');
    if (isOf('error', frame)) resolve({ is: 'error', problem: frame.data });
    else resolve({ is: 'ack', ack: isOf('ack', frame) ? frame.data : {} });
    return true;
  }

  /** Browsers don't show pings to a page, so it asks for a sign of life itself. */
  #beat(): void {
    const socket = this.#socket;
    if (!this.#heard && socket) {
      // The network may be gone without a word, and then `close` would take its time to come.
      socket.close();
      this.#closed(socket, 1006);
      return;
    }
    this.#heard = false;
    socket?.send('{"type":"ping"}');
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearInterval(this.#heartbeat);
    this.#heard = true;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of lost) resolve({ is: 'lost' });
    if (isFinal(code)) {
      this.#events.state({ is: 'ended', code });
      return;
    }
    const delayMs = this.#drainDelayMs ?? backoff(this.#attempt++, Math.random());
    this.#drainDelayMs = undefined;
    this.#events.state({ is: 'waiting', delayMs });
    this.#retry = setTimeout(() => this.connect(), delayMs);
  }
}

/** `randomUUID` is there only on pages that came over TLS or from localhost. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
