import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from '../../ports/system.js';
import { systemClock } from './clock.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const COUNTER_END = 32 ** 6;

/** All pairs of digits, so that a counter is written by three look-ups. */
const PAIRS = Array.from(CROCKFORD).flatMap((high) => Array.from(CROCKFORD, (low) => high + low));

function pair(number: number): string {
  return PAIRS[number & 1023] ?? '';
}

/** Ten digits of 5 bits, the most significant first: text that sorts as the time does. */
function timeDigits(milliseconds: number): string {
  const high = Math.floor(milliseconds / 2 ** 30);
  const low = milliseconds % 2 ** 30;
  return pair(high >> 10) + pair(high) + pair(low >> 20) + pair(low >> 10) + pair(low);
}

/**
 * Ids like a ULID: `m_`, 10 digits of time, 10 random digits that this process chose once, 6 digits of a counter.
 * Two processes differ by the 50 random bits, two ids of one process by time and counter; ids of one process sort in the order made.
 */
export class RandomIds implements Ids {
  readonly #clock: Clock;
  readonly #prefix = Array.from(randomBytes(10), (byte) => CROCKFORD[byte & 31]).join('');
  /** Never goes back, even if the clock does: that keeps ids in order. */
  #latest = 0;
  #stem = '';
  #counter = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  connection(): string {
    return `c_${randomBytes(12).toString('base64url')}`;
  }

  message(): string {
    const now = this.#clock.now();
    if (now > this.#latest) this.#begin(now);
    const count = this.#counter++;
    if (count === COUNTER_END - 1) this.#begin(this.#latest + 1);
    return this.#stem + pair(count >> 20) + pair(count >> 10) + pair(count);
  }

  /** The counter may start over, as the time before it is a new one. */
  #begin(milliseconds: number): void {
    this.#latest = milliseconds;
    this.#stem = `m_${timeDigits(milliseconds)}${this.#prefix}`;
    this.#counter = 0;
  }
}
