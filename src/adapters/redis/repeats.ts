import type { Payload } from './payload.js';

/** Pods whose last payload is remembered. */
const ORIGINS_MAX = 1000;

/**
 * Knows the payloads that have come already: one whose answer was lost with its connection is sent again, and Redis
 * tells it twice.
 */
export class Repeats {
  /** The count of each pod's last payload; the pod heard last comes last. */
  readonly #counts = new Map<string, number>();

  isRepeat({ origin, epoch }: Payload): boolean {
    const count = Number(epoch);
    if (count <= (this.#counts.get(origin) ?? 0)) return true;
    this.#counts.delete(origin);
    this.#counts.set(origin, count);
    const [oldest] = this.#counts.size > ORIGINS_MAX ? this.#counts.keys() : [];
    if (oldest !== undefined) this.#counts.delete(oldest);
    return false;
  }
}
