import type { Refusal } from '../ports/refusal.js';
import { refusal } from './door.js';
import type { HubOptions } from './hub-options.js';
import type { Session } from './session.js';

/** Seconds after which it is worth knocking again. */
const RETRY_AFTER = 5;

type Limits = Pick<HubOptions, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxConnectionsPerUser'>;

/** Who is connected to this pod or knocks, and how many from the same place or of the same user. */
export class Attendance {
  readonly #limits: Limits;
  readonly #sessions = new Set<Session>();
  readonly #users = new Map<string, Set<Session>>();
  readonly #addresses = new Map<string, number>();
  /** Those at the door, by address, and all of them. */
  readonly #knocking = new Map<string, number>();
  #atDoor = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get sessions(): Session[] {
    return [...this.#sessions];
  }

  of(userId: string): Session[] {
    return [...(this.#users.get(userId) ?? [])];
  }

  /**
   * Counts somebody while it is asked who they are: that may take seconds, and a socket all the while. Nothing is asked
   * where one more is too many.
   */
  async whileAsked<Answer>(address: string, ask: () => Promise<Answer>): Promise<Answer | Refusal> {
    const ofAddress = (this.#addresses.get(address) ?? 0) + (this.#knocking.get(address) ?? 0);
    const full = this.#full(this.#sessions.size + this.#atDoor, ofAddress);
    if (full) return full;
    this.#atDoor++;
    count(this.#knocking, address, 1);
    try {
      return await ask();
    } finally {
      this.#atDoor--;
      count(this.#knocking, address, -1);
    }
  }

  /** Why one more is too many; `undefined` where it is not. Those at the door take no place from who may come in. */
  refusal(userId: string, address: string): Refusal | undefined {
    const full = this.#full(this.#sessions.size, this.#addresses.get(address));
    if (full) return full;
    if (isReached(this.#limits.maxConnectionsPerUser, this.#users.get(userId)?.size)) {
      return refusal(429, 'rate_limited', 'too many connections of this user', RETRY_AFTER);
    }
    return undefined;
  }

  add(session: Session): void {
    this.#sessions.add(session);
    const others = this.#users.get(session.user.id);
    if (others) others.add(session);
    else this.#users.set(session.user.id, new Set([session]));
    count(this.#addresses, session.address, 1);
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    const others = this.#users.get(session.user.id);
    others?.delete(session);
    if (others?.size === 0) this.#users.delete(session.user.id);
    count(this.#addresses, session.address, -1);
  }

  #full(onPod: number, ofAddress: number | undefined): Refusal | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (onPod >= maxConnections) return refusal(503, 'full', 'this pod is full', RETRY_AFTER);
    if (isReached(maxConnectionsPerAddress, ofAddress)) {
      return refusal(429, 'rate_limited', 'too many connections from this address', RETRY_AFTER);
    }
    return undefined;
  }
}

function isReached(limit: number, current = 0): boolean {
  return limit > 0 && current >= limit;
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
