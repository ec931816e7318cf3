import type { BroadcastReceiver, Channel, Position } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';
import type { Page, ChannelStore } from './channel-store.js';
import type { Arrival } from './payload.js';

/** What is read at once to fill a hole: messages, and bytes of them. */
const PAGE = { limit: 100, bytes: 256 * 1024 };

/**
 * Puts what arrives of one channel into its order. The pub/sub is only a doorbell: what is missing between two
 * arrivals is read from the log before the later one is told, and an epoch is never believed from an arrival, as a late
 * one of an old epoch looks like a reset.
 */
export class Feed {
  readonly #channel: Channel;
  readonly #store: ChannelStore;
  readonly #receiver: BroadcastReceiver;
  #position: Position | undefined;
  #syncing: Promise<Position> | undefined;
  /** The newest of what came during a sync: it shows whether the sync has seen everything. */
  #late: Arrival | undefined;
  #suspended = false;
  /** The log could not be read when it had to be. */
  #astray = false;
  /** What was told by then may be of a time that is lost. */
  #isLate = false;
  /** Whether the receiver wants to be told. */
  active = true;

  constructor(channel: Channel, store: ChannelStore, receiver: BroadcastReceiver) {
    this.#channel = channel;
    this.#store = store;
    this.#receiver = receiver;
  }

  /** The last place told that can be gone on from; `undefined` before the first sync. */
  get position(): Position | undefined {
    return this.#astray ? undefined : this.#position;
  }

  /** Compares this pod's place with a log that may have been rewound; one that was begins a new epoch there. */
  async compare(): Promise<void> {
    const known = this.#position;
    if (known) await this.#store.position(this.#channel, known);
  }

  /** Takes nothing more until it is reconciled: what comes may belong to a log that was rewound. */
  suspend(): void {
    this.#suspended = true;
  }

  /**
   * Gives its place up until the next sync, as its log can't be read.
   *
   * @param late what this pod knows may be of a time that is lost by then
   */
  leave(late: boolean): void {
    this.#astray = true;
    this.#isLate = late;
    this.#suspended = false;
  }

  /**
   * Catches up with the log, and goes on from there.
   *
   * @param late what this pod knows may be of a time that is lost
   */
  async reconcile(late: boolean): Promise<void> {
    // One that began before the log was in doubt says nothing of it.
    await this.#syncing?.catch(() => undefined);
    await this.sync(late);
    this.#suspended = false;
    this.#hearLate();
  }

  /**
   * Takes what the log's head says, when all that was told by then has been heard.
   *
   * @param before where this feed was when the head was asked for
   */
  expect(before: Position, epoch: string | undefined, offset: number): void {
    const { position } = this;
    // What a sync waits for was asked for after the head, which has been answered: it sees what the head saw.
    if (position?.epoch !== before.epoch || this.#syncing || this.#suspended) return;
    const isRewound = epoch !== before.epoch || offset < before.offset;
    if (isRewound || offset > position.offset) this.sync().catch(() => undefined);
  }

  /** Takes what came by the pub/sub. */
  hear(arrival: Arrival): void {
    const { position } = this;
    if (!position || this.#syncing || this.#suspended) {
      this.#late = arrival;
      return;
    }
    const held = position.offset + 1 - arrival.first;
    if (arrival.epoch === position.epoch && held >= 0) {
      if (held < arrival.count) this.#tell(arrival.frames.slice(held));
      return;
    }
    // Whatever it says was in the log before it was heard, so the sync brings it: or it was never there.
    this.sync().catch(() => undefined);
  }

  /** Takes what this pod published itself, where nothing is missing before it; otherwise its echo brings it. */
  hearOwn(arrival: Arrival): void {
    const { position } = this;
    if (!position || this.#syncing || this.#suspended || arrival.epoch !== position.epoch) return;
    if (arrival.first === position.offset + 1) this.#tell(arrival.frames);
  }

  /**
   * Compares with the log and tells what is missing. Resolves with the place that the log gave; what came meanwhile is
   * told already by then. Rejects where Redis can't be asked.
   */
  sync(late = false): Promise<Position> {
    this.#syncing ??= this.#sync(late).finally(() => {
      this.#syncing = undefined;
      if (!this.#suspended) this.#hearLate();
    });
    return this.#syncing;
  }

  #hearLate(): void {
    const late = this.#late;
    this.#late = undefined;
    if (late && late.epoch === this.#position?.epoch) this.hear(late);
  }

  async #sync(late: boolean): Promise<Position> {
    const astray = this.#astray;
    const position = await this.#follow(late || this.#isLate);
    // One that began before the place was given up does not give it back.
    if (astray) this.#astray = this.#isLate = false;
    return position;
  }

  async #follow(late: boolean): Promise<Position> {
    const known = this.#position;
    if (!known) return (this.#position = whereSettled(await this.#store.position(this.#channel)));
    for (let at = known; ; at = this.#position ?? at) {
      const page = whereSettled(await this.#store.read(this.#channel, { after: at.offset, ...PAGE }, at, late));
      if (page.position.epoch !== known.epoch) return this.#reset(page.position);
      this.#fill(page);
      if (!page.more) return page.position;
    }
  }

  #reset(position: Position): Position {
    this.#position = position;
    if (this.active) this.#receiver.reset(this.#channel, position);
    return position;
  }

  #fill({ position, entries, more }: Page): void {
    for (const { offset, frame } of entries) {
      this.#skipTo(offset - 1);
      this.#tell([frame]);
    }
    if (!more) this.#skipTo(position.offset);
  }

  /** What the log no longer has is told as lost. */
  #skipTo(offset: number): void {
    const position = this.#position;
    if (!position || offset <= position.offset) return;
    this.#position = { epoch: position.epoch, offset };
    if (this.active) this.#receiver.lost(this.#channel, position.offset + 1, offset);
  }

  #tell(frames: readonly Frame[]): void {
    const position = this.#position;
    if (!position || frames.length === 0) return;
    this.#position = { epoch: position.epoch, offset: position.offset + frames.length };
    if (this.active) this.#receiver.published(this.#channel, position.offset + 1, frames);
  }
}

/** @throws Error if the channel is not settled in this run of Redis yet, so that there was no answer */
function whereSettled<T>(answer: T | undefined): T {
  if (answer === undefined) throw new Error('redis: the channel is not settled yet');
  return answer;
}
