import type { Reading, Sight } from './ledger.js';

/** A stretch of one epoch that a reader went through. */
export interface Stretch {
  readonly epoch: string;
  readonly room: string;
  /** The offset after which it was to see everything. */
  readonly from: number;
  /** The last offset that it has seen or was told of. */
  to: number;
  /** Whether it owes nothing more: the reader left, started over, or was told that the epoch is at its end. */
  over: boolean;
  readonly seen: Map<number, { readonly message: string; readonly sending: string }>;
  readonly excused: { readonly from: number; readonly to: number }[];
}

/** What one reader's record amounts to. */
export interface Account {
  readonly reader: string;
  readonly stretches: readonly Stretch[];
  readonly gaps: number;
  readonly repeats: number;
  readonly faults: readonly string[];
}

type Seen = Extract<Sight, { kind: 'message' }>;
type Gap = Extract<Sight, { kind: 'gap' }>;
type Joined = Extract<Sight, { kind: 'joined' }>;

/** Walks through what a reader saw, and finds every hole, repeat and reorder. */
export function accountOf(reading: Reading): Account {
  const walk = new Walk(reading);
  for (const sight of reading.sights) walk.step(sight);
  return {
    reader: reading.reader,
    stretches: walk.stretches,
    gaps: walk.gaps,
    repeats: walk.repeats,
    faults: walk.faults,
  };
}

class Walk {
  readonly stretches: Stretch[] = [];
  readonly faults: string[] = [];
  gaps = 0;
  repeats = 0;
  readonly #who: string;
  readonly #room: string;
  #now: Stretch | undefined;
  /** The join said that not everything follows: the next thing has to be the gap that says what is missing. */
  #owed = false;

  constructor({ reader, room }: Reading) {
    this.#who = `${reader} in ${room}`;
    this.#room = room;
  }

  step(sight: Sight): void {
    if (this.#owed && sight.kind !== 'gap') this.#fault(`got a ${sight.kind} where a gap was owed`);
    this.#owed = false;
    switch (sight.kind) {
      case 'joined':
        return this.#joined(sight);
      case 'message':
        return this.#message(sight);
      case 'gap':
        return this.#gap(sight);
      case 'left':
        this.#end();
    }
  }

  #joined({ at, since, recovered }: Joined): void {
    if (!since) return this.#begin(at.epoch, at.offset);
    if (recovered === true) {
      if (since.epoch !== at.epoch) this.#fault(`recovered from ${since.epoch} in ${at.epoch}`);
      if (this.#now?.epoch !== since.epoch || this.#now.to !== since.offset) this.#begin(since.epoch, since.offset);
      return;
    }
    this.#owed = true;
    if (since.epoch === at.epoch) return this.#begin(since.epoch, since.offset);
    this.#end();
  }

  #message({ offset, message, sending }: Seen): void {
    const now = this.#now;
    if (!now) return this.#fault(`got message ${offset} outside of a membership`);
    if (offset > now.to + 1) this.#fault(`missed ${now.to + 1}..${offset - 1} of ${now.epoch} without a gap`);
    if (now.seen.has(offset)) {
      this.repeats++;
      this.#fault(`got ${offset} of ${now.epoch} again`);
    } else if (offset <= now.to) this.#fault(`got ${offset} of ${now.epoch} out of order, after ${now.to}`);
    now.seen.set(offset, { message, sending });
    now.to = Math.max(now.to, offset);
  }

  #gap({ cause, from, to, epoch }: Gap): void {
    this.gaps++;
    const now = this.#now;
    if (cause === 'reset') {
      if (now?.epoch === epoch) this.#fault(`was told of a reset to ${epoch}, where it was already`);
      return this.#begin(epoch, to);
    }
    if (!now) return this.#fault(`got a gap ${from}..${to} outside of a membership`);
    if (epoch !== now.epoch) this.#fault(`got a gap of ${epoch} in ${now.epoch}`);
    if (from > now.to + 1) this.#fault(`missed ${now.to + 1}..${from - 1} of ${now.epoch} before a gap`);
    now.excused.push({ from, to });
    now.to = Math.max(now.to, to);
  }

  #begin(epoch: string, from: number): void {
    this.#end();
    const fresh = { over: false, seen: new Map(), excused: [] };
    this.#now = { epoch, room: this.#room, from, to: from, ...fresh };
    this.stretches.push(this.#now);
  }

  #end(): void {
    if (this.#now) this.#now.over = true;
    this.#now = undefined;
  }

  #fault(what: string): void {
    this.faults.push(`${this.#who} ${what}`);
  }
}
