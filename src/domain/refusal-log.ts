import type { Refusal, RefusalKind, RefusalReporter, Refused } from '../ports/refusal.js';
import type { Clock, Logger, Scheduler } from '../ports/system.js';
import type { Problem } from './errors.js';

/** Milliseconds between two lines about one kind of refusal. */
const WINDOW_MS = 1000;
/** Reasons that are counted one by one; an `AuthPort` may make up as many as it likes. */
const REASONS_MAX = 16;
const REASON_LENGTH = 100;
const OTHER = 'other reasons';

const BY_STATUS: { readonly [S in Refusal['status']]: RefusalKind } = {
  400: 'request',
  401: 'token',
  403: 'origin',
  429: 'rate',
  503: 'capacity',
};

/** What has been refused since the last line about it, by reason. */
interface Tally {
  readonly reasons: Map<string, number>;
  loggedAt: number;
  isTimed: boolean;
}

/**
 * Leaves a trace of every refusal: each one at debug, and at info at most one line per second and kind, with a count. What
 * was not reported comes out with the next line, which a timer brings.
 */
export class RefusalLog implements RefusalReporter {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #tallies = new Map<RefusalKind, Tally>();

  constructor(ports: { readonly clock: Clock; readonly scheduler: Scheduler; readonly logger: Logger }) {
    this.#clock = ports.clock;
    this.#scheduler = ports.scheduler;
    this.#logger = ports.logger;
  }

  add(kind: RefusalKind, reason: string, refused: Refused = {}): void {
    this.#logger.debug('refused', { kind, reason, ...refused });
    const tally = this.#tallies.get(kind) ?? { reasons: new Map(), loggedAt: -Infinity, isTimed: false };
    this.#tallies.set(kind, tally);
    count(tally.reasons, reason.slice(0, REASON_LENGTH));
    this.#settle(kind, tally);
  }

  /** A client that was not let in. */
  knock({ status, message, reason = message }: Refusal, address: string): void {
    this.add(BY_STATUS[status], reason, { address });
  }

  /** A frame that was answered by an error. A fault of ours has a line of its own. */
  frame({ code, reason = code }: Problem, refused: Refused): void {
    if (code !== 'internal') this.add(code === 'unauthorized' ? 'token' : 'frame', reason, refused);
  }

  /** Reports now what is left: nothing may come after it. */
  flush(): void {
    for (const [kind, tally] of this.#tallies) this.#report(kind, tally);
  }

  #settle(kind: RefusalKind, tally: Tally): void {
    const wait = tally.loggedAt + WINDOW_MS - this.#clock.ticks();
    if (wait <= 0) return this.#report(kind, tally);
    if (tally.isTimed) return;
    tally.isTimed = true;
    this.#scheduler.later(wait, () => {
      tally.isTimed = false;
      if (tally.reasons.size > 0) this.#settle(kind, tally);
    });
  }

  #report(kind: RefusalKind, tally: Tally): void {
    if (tally.reasons.size === 0) return;
    const counts = [...tally.reasons.values()];
    const reasons = Object.fromEntries(tally.reasons);
    tally.reasons.clear();
    tally.loggedAt = this.#clock.ticks();
    this.#logger.info('refusals', { kind, count: counts.reduce((sum, one) => sum + one, 0), reasons });
  }
}

function count(reasons: Map<string, number>, reason: string): void {
  const isRoom = reasons.has(reason) || reasons.size < REASONS_MAX;
  const key = isRoom ? reason : OTHER;
  reasons.set(key, (reasons.get(key) ?? 0) + 1);
}
