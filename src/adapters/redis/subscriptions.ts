import type { BroadcastReceiver, Channel, Position, SubscribeResult } from '../../ports/broadcast-port.js';
import { isSpoilt } from './connection.js';
import { Feed } from './feed.js';
import type { Link } from './link.js';
import type { Payload } from './payload.js';
import type { ChannelStore } from './channel-store.js';
import type { Subscriber } from './subscriber.js';

/** People come back: a channel that nobody wants is kept this long, in milliseconds. */
const LINGER_MS = 5000;
const RETRY_MS = 300;
/** Channels compared with their logs at the same time. */
const AT_ONCE = 64;

interface Subscription {
  /** One more than the one before has. */
  readonly number: number;
  readonly feed: Feed;
  /** Settled when the channel is heard, with the position that was found then. */
  opening: Promise<Position | undefined>;
  linger: NodeJS.Timeout | undefined;
}

export interface SubscriptionsOptions {
  readonly link: Link;
  readonly subscriber: Subscriber;
  readonly store: ChannelStore;
  readonly sequenced: boolean;
}

const NOBODY: BroadcastReceiver = { published() {}, lost() {}, reset() {}, foreign() {}, announced() {} };

/** The channels that this pod listens to, each with its feed. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #open = new Map<Channel, Subscription>();
  #begun = 0;
  /** Told of all that comes. */
  receiver: BroadcastReceiver = NOBODY;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Resolves when nothing from now on can be missed, with the position after which all is told. */
  async subscribe(channel: Channel): Promise<SubscribeResult> {
    const subscription = this.#open.get(channel) ?? this.#begin(channel);
    clearTimeout(subscription.linger);
    subscription.linger = undefined;
    subscription.feed.active = true;
    // Where it is open already, what is told while this promise is settled comes after the position of now.
    const position = subscription.feed.position ?? (await subscription.opening);
    if (position) return { status: 'subscribed', position };
    return { status: this.#options.sequenced ? 'unavailable' : 'subscribed' };
  }

  unsubscribe(channel: Channel): void {
    const subscription = this.#open.get(channel);
    if (!subscription) return;
    subscription.feed.active = false;
    clearTimeout(subscription.linger);
    subscription.linger = setTimeout(() => this.#end(channel), LINGER_MS).unref();
  }

  /** The feed of a channel that somebody wants to hear. */
  get(channel: Channel): Feed | undefined {
    return this.#open.get(channel)?.feed;
  }

  hear(channel: Channel, payload: Payload): void {
    const feed = this.get(channel);
    if (!feed) return;
    if (this.#options.sequenced) feed.hear(payload);
    else if (feed.active) this.receiver.published(channel, 0, payload.frames);
  }

  /**
   * A share of the channels that have a place to speak of: each channel is in one and the same of so many shares for as
   * long as it is open.
   */
  share(which: number, shares: number): [Channel, Feed][] {
    const share: [Channel, Feed][] = [];
    for (const [channel, { number, feed }] of this.#open) {
      if (number % shares === which && feed.position) share.push([channel, feed]);
    }
    return share;
  }

  /** Listens again to all that is wanted, on a connection that has just come up. */
  async listen(): Promise<void> {
    for (const [channel, { linger }] of this.#open) if (linger) this.#end(channel);
    await this.#options.subscriber.restore([...this.#open.keys()]);
  }

  /** Compares all channels with their logs: those that were rewound begin a new epoch there. */
  compare(): Promise<void> {
    return this.#forEach((feed) => feed.compare(), true);
  }

  /** Takes nothing of the channels until they have caught up. */
  suspend(): void {
    for (const { feed } of this.#open.values()) if (feed.position) feed.suspend();
  }

  /** Tells what was missed of all channels. */
  catchUp(late: boolean): Promise<void> {
    return this.#forEach((feed) => feed.reconcile(late), late);
  }

  close(): void {
    for (const { linger, feed } of this.#open.values()) {
      clearTimeout(linger);
      feed.active = false;
    }
    this.#open.clear();
  }

  /** @param late what a feed knows may be of a time that is lost, where its log can't be read now */
  async #forEach(task: (feed: Feed) => Promise<unknown>, late: boolean): Promise<void> {
    const placed = [...this.#open].filter(([, { feed }]) => feed.position);
    for (let at = 0; at < placed.length; at += AT_ONCE) {
      const tasks = placed.slice(at, at + AT_ONCE).map(async ([channel, subscription]) => {
        await task(subscription.feed).catch((error) => {
          if (!isSpoilt(error)) throw error;
          this.#reopen(channel, subscription, late);
        });
      });
      await Promise.all(tasks);
    }
  }

  /** One channel whose key is spoilt must not keep the others waiting: it is opened anew when it can be read. */
  #reopen(channel: Channel, subscription: Subscription, late: boolean): void {
    subscription.feed.leave(late);
    subscription.opening = this.#listen(channel, subscription);
  }

  #begin(channel: Channel): Subscription {
    const feed = new Feed(channel, this.#options.store, this.receiver);
    const number = this.#begun++;
    const subscription: Subscription = { number, feed, opening: Promise.resolve(undefined), linger: undefined };
    this.#open.set(channel, subscription);
    subscription.opening = this.#listen(channel, subscription);
    return subscription;
  }

  async #listen(channel: Channel, subscription: Subscription): Promise<Position | undefined> {
    const { link, subscriber, sequenced } = this.#options;
    while (this.#open.get(channel) === subscription) {
      await link.up();
      try {
        await link.questions.ask(subscriber.add(channel));
        return sequenced ? await subscription.feed.sync() : undefined;
      } catch (error) {
        // The link broke, or Redis can't serve just now.
        link.refused(error);
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
    return undefined;
  }

  #end(channel: Channel): void {
    clearTimeout(this.#open.get(channel)?.linger);
    this.#open.delete(channel);
    this.#options.subscriber.remove(channel);
  }
}
