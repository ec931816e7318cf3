import type { BroadcastReceiver, Channel } from '../../ports/broadcast-port.js';
import type { Frame } from '../../ports/frame.js';

/** One channel that is listened to. Its identity tells it from a later subscription of the same channel. */
interface Subscription {
  /** The offset told last. */
  told: number;
}

interface Telling {
  readonly channel: Channel;
  readonly subscription: Subscription;
  readonly offset: number;
  readonly frame: Frame;
}

/**
 * Tells a receiver what it has subscribed to, at once and in order. What is to be told while the receiver is being told
 * something waits until that is done: the receiver is never called within itself.
 */
export class Teller {
  readonly #receiver: BroadcastReceiver;
  readonly #subscriptions = new Map<Channel, Subscription>();
  readonly #waiting: Telling[] = [];
  #busy = false;

  constructor(receiver: BroadcastReceiver) {
    this.#receiver = receiver;
  }

  /**
   * Listens from `top` on, if it doesn't already.
   *
   * @returns the offset told last
   */
  subscribe(channel: Channel, top: number): number {
    let subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) {
      subscription = { told: top };
      this.#subscriptions.set(channel, subscription);
    }
    return subscription.told;
  }

  /** @returns whether it was subscribed */
  unsubscribe(channel: Channel): boolean {
    return this.#subscriptions.delete(channel);
  }

  isSubscribed(channel: Channel): boolean {
    return this.#subscriptions.has(channel);
  }

  tell(channel: Channel, offset: number, frame: Frame): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    this.#waiting.push({ channel, subscription, offset, frame });
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#tellOne(next);
    } finally {
      this.#busy = false;
    }
  }

  announce(text: string): void {
    this.#receiver.announced(text);
  }

  close(): void {
    this.#subscriptions.clear();
    this.#waiting.length = 0;
  }

  #tellOne({ channel, subscription, offset, frame }: Telling): void {
    // It may have been unsubscribed, and even subscribed anew at a later position, while the message waited.
    if (this.#subscriptions.get(channel) !== subscription) return;
    subscription.told = offset;
    this.#receiver.published(channel, offset, [frame]);
  }
}
