import type { Socket } from 'node:net';
import { Flow } from './flow.js';

/** How much of what a pod has said on a connection is remembered, in characters. */
const REMEMBERED = 64 * 1024;

/** Which way bytes vanish. */
export type Direction = 'both' | 'towards the pod';

/** One connection of a pod to its Redis, through the proxy. */
export class Passage {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #up: Flow;
  readonly #down: Flow;
  #said = '';
  #trigger: { readonly text: string; readonly run: () => void } | undefined;

  /**
   * @param near the pod's end
   * @param far Redis' end
   */
  constructor(near: Socket, far: Socket) {
    this.#near = near;
    this.#far = far;
    const cut = (): void => this.cut();
    this.#up = new Flow(near, far, { cut, hear: (bytes) => this.#listen(bytes) });
    this.#down = new Flow(far, near, { cut, hear: () => {} });
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
    }
    near.on('close', () => this.#up.black || far.destroy());
    far.on('close', () => this.#down.black || near.destroy());
  }

  /** Whether the pod has said this on the connection, whatever the case: `SUBSCRIBE`, say. */
  hasSaid(text: string): boolean {
    return this.#said.includes(text.toLowerCase());
  }

  /** Bytes that got through to the pod. */
  get carriedDown(): number {
    return this.#down.carried;
  }

  /** Resets both ends. */
  cut(): void {
    this.#near.resetAndDestroy();
    this.#far.destroy();
  }

  /** Half-open: what is sent vanishes, both ends believe that they are connected. */
  blackHole(direction: Direction = 'both'): void {
    this.#down.black = true;
    if (direction === 'both') this.#up.black = true;
  }

  /** Lets nothing more through to the pod, without losing it: Redis finds its buffers full. */
  stall(): void {
    this.#down.stalled = true;
  }

  /** Each byte takes longer by this, in either direction. */
  delay(ms: number): void {
    this.#up.delayMs = this.#down.delayMs = ms;
  }

  /** Writes no more than this many bytes at once, in either direction. */
  dribble(bytes: number): void {
    this.#up.piece = this.#down.piece = bytes;
  }

  /** Cuts the connection when this many more bytes have gone towards the pod. */
  cutAfter(bytes: number): void {
    this.#down.allowance = bytes;
  }

  /** Runs once the pod has said a text from now on, before that is passed on to Redis. */
  onceSaid(text: string, run: () => void): void {
    this.#trigger = { text: text.toLowerCase(), run };
  }

  /** Ends every fault that does not end the connection itself. */
  heal(): void {
    for (const flow of [this.#up, this.#down]) {
      flow.delayMs = 0;
      flow.piece = Number.POSITIVE_INFINITY;
      flow.stalled = false;
    }
    this.#trigger = undefined;
  }

  #listen(bytes: Buffer): void {
    const text = bytes.toString('latin1').toLowerCase();
    const before = this.#said.slice(-200);
    if (this.#said.length < REMEMBERED) this.#said += text;
    const trigger = this.#trigger;
    if (!trigger || !(before + text).includes(trigger.text)) return;
    this.#trigger = undefined;
    trigger.run();
  }
}

/** The connection on which a pod listens. */
export function isListener(passage: Passage): boolean {
  return passage.hasSaid('subscribe\r\n');
}

/** The connection on which a pod publishes. */
export function isPublisher(passage: Passage): boolean {
  return passage.hasSaid('eval');
}
