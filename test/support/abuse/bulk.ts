import { once } from 'node:events';
import { WebSocket } from 'ws';
import { chatUrl } from '../chat-client.js';
import type { Query } from './neighbour.js';
import { within } from './scale.js';

/** Frames that are sent before an answer to a ping behind them is waited for. */
const AT_ONCE = 500;

/** A client that says very much and keeps nothing of what it is told. */
export class Bulk {
  acks = 0;
  errors = 0;
  gaps = 0;
  messages = 0;
  readonly #ws: WebSocket;
  #wake: () => void = () => {};

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data: Buffer) => this.#take(data.toString('latin1')));
    ws.on('close', () => this.#wake());
  }

  static async connect(port: number, query: Query): Promise<Bulk> {
    const ws = new WebSocket(chatUrl(port, { query }), { perMessageDeflate: false });
    const bulk = new Bulk(ws);
    await once(ws, 'open');
    return bulk;
  }

  /** Sends all of them, in order. */
  async say(texts: Iterable<string>): Promise<void> {
    let waiting = 0;
    for (const text of texts) {
      this.#ws.send(text);
      waiting += 1;
      if (waiting === AT_ONCE) await this.#answered();
      waiting %= AT_ONCE;
    }
    await this.#answered();
  }

  async leave(): Promise<void> {
    const closed = once(this.#ws, 'close');
    this.#ws.close(1000);
    await closed;
  }

  #answered(): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#wake = resolve));
    this.#ws.send('{"type":"ping"}');
    return within(answered, 'a pong behind many frames').then(() => {
      if (this.#ws.readyState !== WebSocket.OPEN) throw new Error('the connection was closed');
    });
  }

  #take(text: string): void {
    if (text.startsWith('{"type":"pong"')) this.#wake();
    else if (text.startsWith('{"type":"ack"')) this.acks += 1;
    else if (text.startsWith('{"type":"error"')) this.errors += 1;
    else if (text.startsWith('{"type":"gap"')) this.gaps += 1;
    else if (text.startsWith('{"type":"chat"')) this.messages += 1;
  }
}
