import { randomBytes } from 'node:crypto';
import { BASE_TTL, type BaseEpoch } from './base-epoch.js';
import { asList, asText } from './connection.js';
import type { Heads } from './heads.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { Run } from './run.js';
import { PULSE } from './pod-scripts.js';

/** Milliseconds between two signs of life. */
const EVERY_MS = 1000;
/** A pod counts as alive for this long after its last sign, in milliseconds. */
const ALIVE_MS = 3000;
/** Signs that may be on their way before the listener counts as starved. */
const SIGNS_MAX = 2;

/** Announcements that Redis keeps. */
export const ANNOUNCED_MAX = 10_000;
/** Asked for with one sign: all there can be, as Redis drops them in whole nodes. */
const ANNOUNCED_AT_ONCE = 2 * ANNOUNCED_MAX;

/** What a sign of life shows: Redis holds nothing yet, what it held before, or something else. */
export type Beat = 'empty' | 'known' | 'flushed';

export interface PulseOptions {
  readonly link: Link;
  readonly keys: Keys;
  readonly pod: string;
  readonly heads: Heads;
  /** There with a log. */
  readonly base: BaseEpoch | undefined;
  /** Told how many publish calls Redis has seen, as long as it has lost nothing. */
  readonly onCalls: (calls: number) => void;
  /** Told what pods have announced: from the first one that is kept on, some of it again. */
  readonly onAnnounced: (text: string) => void;
}

/**
 * Shows every second that this pod lives and that it hears its broker: a sign goes through Redis and back on the very
 * connection that messages come by. Before it goes a look at the heads of a share of the channels: what they speak of has
 * been heard when the sign is. With it goes a look at a mark that a flush would take away.
 */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  #sent = 0;
  #heard = 0;
  /** The last sign whose answer was that nothing was flushed. */
  #answered = 0;
  #mark: string | undefined;
  /** The id of the last announcement, and the run that it is of: another may give lower ones. */
  #announced = '0';
  #run: string | undefined;
  /** The pods that were alive at the last sign, this one included; `undefined` before the first. */
  alive: readonly string[] | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes a sign that came back. */
  hear(sign: string): void {
    this.#heard = Math.max(this.#heard, Number(sign) || 0);
    this.#settle();
  }

  /** The listener is new: what was on its way on the old one will not come. */
  listenAnew(): void {
    this.#heard = this.#sent;
    this.#options.heads.forget();
  }

  /** Gives a sign, and looks around. */
  async beat(run: Run): Promise<Beat> {
    const { keys, pod, base, onCalls } = this.#options;
    if (this.#run !== run.id) this.#announced = '0';
    this.#run = run.id;
    const fresh = randomBytes(12).toString('base64url');
    const ofLog = base ? [keys.base, keys.call(pod), keys.calls] : [];
    const names = [keys.pods(run.id), keys.mark, keys.announcements, ...ofLog];
    const sign = ++this.#sent;
    const args = [pod, ALIVE_MS, keys.pod(pod), sign, fresh, this.#announced, ANNOUNCED_AT_ONCE, BASE_TTL];
    const [mark, alive, announced, epoch, calls] = asList(await run.scripts.call(PULSE, names, args));
    this.alive = asList(alive).map(asText);
    this.#tell(asList(announced).map(asText));
    const before = this.#mark;
    this.#mark = asText(mark);
    if (before !== undefined && before !== this.#mark) {
      this.#announced = '0';
      // The flush took the base epoch along: this one has begun since.
      if (run.verdict) base?.beginAnew(asText(epoch));
      return 'flushed';
    }
    // In a run that is not agreed on yet, what Redis says may be of an older time than what this pod knows.
    if (run.verdict) {
      base?.goOn(asText(epoch));
      onCalls(Number(calls));
    }
    this.#answered = sign;
    this.#settle();
    return this.#mark === fresh ? 'empty' : 'known';
  }

  /** After a flush all heads are gone: a recovery reads the channels then, a few at a time. */
  #settle(): void {
    this.#options.heads.settle(Math.min(this.#heard, this.#answered));
  }

  #tell(announced: readonly string[]): void {
    for (let at = 0; at + 1 < announced.length; at += 2) {
      this.#announced = announced[at] ?? this.#announced;
      this.#options.onAnnounced(announced[at + 1] ?? '');
    }
  }

  async #tick(): Promise<void> {
    const { link, heads } = this.#options;
    const { listener, run } = link;
    if (this.#beating || !run?.verdict) return;
    if (this.#sent - this.#heard > SIGNS_MAX) {
      this.listenAnew();
      listener.disconnect(true);
    }
    // A listener says nothing of its own: only a question shows that nobody is there any more.
    listener.ping().catch(() => undefined);
    this.#beating = true;
    try {
      // A recovery compares all of them.
      if (link.health.ready) await heads.look(run, () => this.#sent + 1);
      if ((await this.beat(run)) === 'flushed') link.check();
    } catch {
      link.check();
    } finally {
      this.#beating = false;
    }
  }
}
