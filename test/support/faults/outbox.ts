import type { ChatFrame } from '../chat-client.js';
import type { Ledger } from './ledger.js';

interface Sent {
  readonly id: string;
  readonly room: string;
  /** Whether an answer to it is awaited on the connection that stands. */
  waiting: boolean;
  /** When it was sent last, by `performance.now()`. */
  at: number;
}

export interface OutboxOptions {
  readonly ledger: Ledger;
  /** Whether it sends again what was not taken, under the same id, until it gets a definite answer. */
  readonly insists: boolean;
  /** Goes along with each message. */
  readonly padding: string;
  /** Whether the client can send to this room now; the name of its connection if so. */
  readonly connection: (room: string) => string | undefined;
  readonly say: (frame: unknown) => void;
  readonly later: (task: () => void) => void;
}

/** What a client has sent and has no definite answer to. */
export class Outbox {
  /** The longest that an answer took, in milliseconds. */
  slowest = 0;
  readonly #options: OutboxOptions;
  readonly #unsettled = new Map<string, Sent>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#unsettled.size;
  }

  has(id: string): boolean {
    return this.#unsettled.has(id);
  }

  add(id: string, room: string): void {
    const sent = { id, room, waiting: false, at: 0 };
    this.#unsettled.set(id, sent);
    this.#transmit(sent);
  }

  /** Sends a message without asking for an answer, so that it can't be sent again: nobody knows what becomes of it. */
  mention(content: string, room: string): void {
    const { ledger, connection, say } = this.#options;
    const name = connection(room);
    if (name === undefined) return;
    ledger.sent(content, room, name);
    ledger.unanswered(content);
    say({ ...(room !== '' && { room }), data: { content } });
  }

  /** The client is a member again: what was on its way when it was not goes out once more. */
  resend(room: string): void {
    for (const sent of this.#unsettled.values()) if (sent.room === room) this.#transmit(sent);
  }

  /** The connection is gone, and with it the answers. */
  lost(): void {
    for (const sent of this.#unsettled.values()) {
      if (!sent.waiting) continue;
      sent.waiting = false;
      this.#options.ledger.unanswered(sent.id);
      if (!this.#options.insists) this.#unsettled.delete(sent.id);
    }
  }

  answered({ type, re = '', data }: ChatFrame): void {
    const { ledger, insists, later } = this.#options;
    const sent = this.#unsettled.get(re);
    if (re === '' && data.code === 'unavailable') return;
    if (!sent?.waiting) return ledger.complain(`an answer to ${re}, which nobody waits for`);
    sent.waiting = false;
    this.slowest = Math.max(this.slowest, performance.now() - sent.at);
    if (type === 'ack') {
      this.#unsettled.delete(re);
      return ledger.acked(re, { epoch: data.epoch ?? '', offset: data.offset ?? 0, message: String(data['id']) });
    }
    if (data.code !== 'unavailable') ledger.complain(`${re} was refused: ${JSON.stringify(data)}`);
    ledger.refused(re, data['maybe'] === true);
    if (insists) later(() => this.#unsettled.has(re) && this.#transmit(sent));
    else this.#unsettled.delete(re);
  }

  #transmit(sent: Sent): void {
    const { id, room, waiting } = sent;
    const { padding } = this.#options;
    const connection = this.#options.connection(room);
    if (waiting || connection === undefined) return;
    sent.waiting = true;
    sent.at = performance.now();
    this.#options.ledger.sent(id, room, connection);
    this.#options.say({ ...(room !== '' && { room }), id, data: { content: id, ...(padding !== '' && { padding }) } });
  }
}
