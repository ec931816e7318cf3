import type { Channel, Publication, PublishResult } from '../../ports/broadcast-port.js';
import { Part, type Waiting } from './part.js';

const LOAD_MESSAGES = 512;
const LOAD_BYTES = 1024 * 1024;

/** What one script call carries: the messages of a turn, or of the time that the call before took. */
export class Load {
  /** Milliseconds of a monotonic clock by which all of it has to be answered. */
  readonly deadline: number;
  /** In an order that keeps that of each channel's messages. */
  readonly parts: Part[] = [];
  readonly #historyBytes: number;
  readonly #nextOf: (channel: Channel) => number;
  readonly #open = new Map<Channel, Part>();
  #messages = 0;
  #bytes = 0;

  /** @param nextOf the offset that a log will give next, as far as can be told */
  constructor(deadline: number, historyBytes: number, nextOf: (channel: Channel) => number) {
    this.deadline = deadline;
    this.#historyBytes = historyBytes;
    this.#nextOf = nextOf;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#messages >= LOAD_MESSAGES || this.#bytes >= LOAD_BYTES;
  }

  add(channel: Channel, publication: Publication, resolve: Waiting['resolve']): void {
    this.#bytes += this.#partFor(channel, publication).add(publication, resolve);
    this.#messages++;
  }

  /** Answers all that has no answer yet. */
  answer(result: PublishResult): void {
    for (const { waiting } of this.parts) for (const { resolve } of waiting) resolve(result);
  }

  #partFor(channel: Channel, publication: Publication): Part {
    const open = this.#open.get(channel);
    if (open?.fits(publication)) return open;
    const part = new Part(channel, this.#nextOf(channel), this.#historyBytes);
    this.#open.set(channel, part);
    this.parts.push(part);
    return part;
  }
}
