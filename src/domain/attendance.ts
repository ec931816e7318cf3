import type { Refusal } from '../ports/refusal.js';
import { refusal } from './door.js';
import type { HubOptions } from './services.js';
import type { Session } from './session.js';

/** Seconds after which it is worth knocking again. */
const RETRY_AFTER = 5;

type Limits = Pick<HubOptions, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxConnectionsPerUser'>;

/** Who is connected to this pod, and how many from the same place or of the same user. */
export class Attendance {
  readonly #limits: Limits;
  readonly #sessions = new Set<Session>();
  readonly #users = new Map<string, Set<Session>>();
  readonly #addresses = new Map<string, number>();

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

  /** Why one more is too many; `undefined` where it is not. */
  refusal(userId: string, address: string): Refusal | undefined {
    const { maxConnections, maxConnectionsPerAddress, maxConnectionsPerUser } = this.#limits;
    if (this.#sessions.size >= maxConnections) return refusal(503, 'full', 'this pod is full', RETRY_AFTER);
    if (isReached(maxConnectionsPerAddress, this.#addresses.get(address))) {
      return refusal(429, 'rate_limited', 'too many connections from this address', RETRY_AFTER);
    }
    if (isReached(maxConnectionsPerUser, this.#users.get(userId)?.size)) {
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
}

function isReached(limit: number, current = 0): boolean {
  return limit > 0 && current >= limit;
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
