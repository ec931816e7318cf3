import type { FaultClient } from './fault-client.js';

const TICK_MS = 20;
/** A client that is owed this many answers sends nothing more: what it keeps is bounded. */
const UNSETTLED = 2000;

/** Lets clients send by turns, to each room by turns, at an even pace, until it is stopped. */
export class Load {
  readonly #clients: readonly FaultClient[];
  readonly #rooms: readonly string[];
  readonly #perSecond: number;
  readonly #begin = performance.now();
  readonly #timer: NodeJS.Timeout;
  #turns = 0;

  constructor(clients: readonly FaultClient[], rooms: readonly string[], perSecond: number) {
    this.#clients = clients;
    this.#rooms = rooms;
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#begin) / 1000) * this.#perSecond);
    // After a long turn it does not make up for all of it at once.
    this.#turns = Math.max(this.#turns, due - this.#perSecond / 5);
    for (; this.#turns < due; this.#turns++) {
      const client = this.#clients[Math.floor(this.#turns) % this.#clients.length];
      const round = Math.floor(this.#turns / this.#clients.length);
      if (client && client.outbox.size < UNSETTLED) client.send(this.#rooms[round % this.#rooms.length] ?? '');
    }
  }
}
