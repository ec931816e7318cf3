import type { Position } from '../../ports/broadcast-port.js';

/** A base epoch ends after this long, in seconds: sooner than any head, so it never serves two lives of one room. */
export const BASE_TTL = 6 * 24 * 3600;

/**
 * The base epoch as this pod knows it: the epoch of every blank room, that is one that nobody has published to. All
 * blank rooms share it, so none of them takes memory at Redis.
 */
export class BaseEpoch {
  #current = '';
  /** Base epochs since Redis may last have lost something: a room that stands at the beginning of one is still blank. */
  readonly #sound = new Set<string>();

  /** Empty until the pods have agreed on what Redis is. */
  get current(): string {
    return this.#current;
  }

  /** Takes the base epoch of a Redis that has lost nothing since the last one was taken. */
  goOn(epoch: string): void {
    this.#current = epoch;
    this.#sound.add(epoch);
  }

  /** Takes the base epoch on which the pods agreed: what stood in another one is in doubt. */
  beginAnew(epoch: string): void {
    this.#sound.clear();
    this.goOn(epoch);
  }

  /** Whether a room at this position is right to have no head. */
  isBlank(position: Position): boolean {
    return position.offset === 0 && this.#sound.has(position.epoch);
  }

  /** The epoch of a room if it has no head, as a pod answers it that stands at this position. */
  of(position: Position | undefined): string {
    return position && this.isBlank(position) ? position.epoch : this.#current;
  }
}
