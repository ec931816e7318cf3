/** Added to the rank of a holder that gives way last: no count of uses gets that far. */
const LAST = 2 ** 52;

/** Holds memory, and gives it back when the budget that it shares with others is spent. */
export interface Holder {
  /** Bytes it holds. */
  readonly held: number;
  /** Frees at least this many bytes, oldest first, or as much as it can. */
  shed(bytes: number): void;
}

/** One holder's part of a budget. Only the budget changes it. */
export interface Account {
  readonly holder: Holder;
  bytes: number;
  /** When it was used last, counted in uses of the whole budget. */
  usedAt: number;
  givesWayLast: boolean;
  closed: boolean;
  /** Its rank when the queue last moved it: the true one, or a lower one. */
  rank: number;
  /** Its index in the queue, -1 while it has nothing to give. */
  index: number;
}

/**
 * Bounds what many holders hold together, in bytes. When that is too much, the holder used longest ago gives way first.
 *
 * The queue is a binary heap. A rank is corrected only when it reaches the top, so a use costs a few assignments, however
 * many holders there are.
 */
export class ByteBudget {
  readonly #max: number;
  readonly #queue: Account[] = [];
  #held = 0;
  #uses = 0;

  /** @param max bytes that all holders may hold together */
  constructor(max: number) {
    this.#max = max;
  }

  /** Bytes that all holders hold. */
  get held(): number {
    return this.#held;
  }

  open(holder: Holder): Account {
    return { holder, bytes: 0, usedAt: 0, givesWayLast: false, closed: false, rank: 0, index: -1 };
  }

  /** Notes that the holder was used, and what it holds now. If that is too much, others give way, and in the end itself. */
  use(account: Account): void {
    if (account.closed) return;
    account.usedAt = ++this.#uses;
    this.measure(account);
    if (account.index === -1) this.#push(account);
    if (this.#held > this.#max) this.#shed();
  }

  /** Notes what the holder holds now, though nobody used it. */
  measure(account: Account): void {
    this.#set(account, account.closed ? 0 : account.holder.held);
  }

  /** Decides whether the holder gives way only after all others. */
  setGivesWayLast(account: Account, last: boolean): void {
    account.givesWayLast = last;
    const rank = rankOf(account);
    // A rank that rises is corrected later, one that falls has to be now.
    if (account.index === -1 || rank >= account.rank) return;
    account.rank = rank;
    this.#rise(account);
  }

  /** The holder is gone; later uses count for nothing. */
  close(account: Account): void {
    account.closed = true;
    this.#set(account, 0);
    this.#remove(account);
  }

  #set(account: Account, bytes: number): void {
    this.#held += bytes - account.bytes;
    account.bytes = bytes;
  }

  #shed(): void {
    for (let first = this.#first(); first && this.#held > this.#max; first = this.#first()) {
      const before = first.bytes;
      first.holder.shed(this.#held - this.#max);
      this.measure(first);
      // It has nothing to give until it is used again.
      if (first.bytes >= before) this.#remove(first);
    }
  }

  /** The account to give way next. */
  #first(): Account | undefined {
    for (let [first] = this.#queue; first; [first] = this.#queue) {
      const rank = rankOf(first);
      if (first.rank === rank) return first;
      first.rank = rank;
      this.#sink(first);
    }
    return undefined;
  }

  #push(account: Account): void {
    account.rank = rankOf(account);
    account.index = this.#queue.push(account) - 1;
    this.#rise(account);
  }

  #remove(account: Account): void {
    const { index } = account;
    if (index === -1) return;
    account.index = -1;
    const last = this.#queue.pop();
    if (!last || last === account) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(account: Account): void {
    let { index } = account;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = this.#queue[parent];
      if (!above || above.rank <= account.rank) break;
      this.#put(above, index);
      index = parent;
    }
    this.#put(account, index);
  }

  #sink(account: Account): void {
    let { index } = account;
    for (let below = this.#below(index); below && below.rank < account.rank; below = this.#below(index)) {
      const next = below.index;
      this.#put(below, index);
      index = next;
    }
    this.#put(account, index);
  }

  /** The child of lower rank. */
  #below(index: number): Account | undefined {
    const left = this.#queue[2 * index + 1];
    const right = this.#queue[2 * index + 2];
    return left && right && right.rank < left.rank ? right : left;
  }

  #put(account: Account, index: number): void {
    this.#queue[index] = account;
    account.index = index;
  }
}

function rankOf({ usedAt, givesWayLast }: Account): number {
  return givesWayLast ? usedAt + LAST : usedAt;
}
