/**
 * Most bytes of messages that are handed on in one turn of the event loop. JSON made to be slow takes 0.1 s for them. So
 * the broker, which has 2 s to answer, is heard in between, whatever a crowd of clients sends.
 */
const TURN_BYTES = 1024 * 1024;

/** A connection with messages that were read and not handed on. */
export interface Inbox {
  /** Hands on the oldest message. Returns its bytes. */
  handOn(): number;
  /** Whether more messages wait. */
  readonly isFull: boolean;
}

/**
 * Spreads what many clients send at once over several turns of the event loop. Without it Node would hand on all that
 * all sockets hold before it looks at Redis, timers or new connections again.
 */
export class InboxQueue {
  #left = TURN_BYTES;
  #waiting: Inbox[] = [];
  #scheduled = false;
  readonly #run = (): void => this.#nextTurn();

  /** Counts a message that is handed on at once. If it returns `false`, the connection MUST {@link add} itself instead. */
  take(bytes: number): boolean {
    if (this.#left <= 0 || this.#waiting.length > 0) return false;
    this.#left -= bytes;
    // Ordinary traffic never gets to the end of it, and needs an immediate only once in thousands of messages.
    if (this.#left < TURN_BYTES / 2) this.#schedule();
    return true;
  }

  /** Hands on the inbox message by message, in turn with the others. MUST be called once until the inbox is empty. */
  add(inbox: Inbox): void {
    this.#waiting.push(inbox);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #nextTurn(): void {
    this.#scheduled = false;
    this.#left = TURN_BYTES;
    let served = 0;
    while (this.#left > 0 && served < this.#waiting.length) {
      const inbox = this.#waiting[served++];
      if (!inbox) break;
      this.#left -= inbox.handOn();
      if (inbox.isFull) this.#waiting.push(inbox);
    }
    this.#waiting = this.#waiting.slice(served);
    if (this.#waiting.length > 0) this.#schedule();
  }
}
