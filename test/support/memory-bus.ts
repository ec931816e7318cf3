import type {
  AnnounceResult,
  BroadcastHealth,
  BroadcastPort,
  BroadcastReceiver,
  Channel,
  Position,
  Publication,
  PublishResult,
  ReadQuery,
  ReadResult,
  SubscribeResult,
} from '../../src/ports/broadcast-port.js';
import type { Frame } from '../../src/ports/frame.js';
import { messageText } from '../../src/domain/message-text.js';
import { MemoryBroadcaster } from '../../src/adapters/memory/index.js';
import { ManualClock } from './manual-clock.js';

const DAY_MS = 86_400_000;
const BRACE = 0x7b;

/**
 * Several pods around one memory broadcaster. What is published comes to each pod on a later turn, as from a real
 * broker, and several messages of one turn come in one call.
 */
export class MemoryBus {
  readonly sequenced: boolean;
  readonly pods = new Set<BusPod>();
  readonly announcements: string[] = [];
  readonly #historySize: number;
  readonly #clock = new ManualClock();
  broker: MemoryBroadcaster;

  constructor(historySize: number) {
    this.sequenced = historySize > 0;
    this.#historySize = historySize;
    this.broker = this.#newBroker();
  }

  open(): BusPod {
    const pod = new BusPod(this);
    this.pods.add(pod);
    return pod;
  }

  spread(channel: Channel, offset: number, frame: Frame, except?: BusPod): void {
    for (const pod of this.pods) if (pod !== except) pod.arrive(channel, { offset, frame });
  }

  foreign(channel: Channel, payload: Uint8Array): void {
    if (payload[0] !== BRACE) return;
    for (const pod of this.pods) pod.arrive(channel, { payload });
  }

  expire(): void {
    this.#clock.advance(DAY_MS);
  }

  /** Loses everything, the positions too. */
  forget(): void {
    this.broker = this.#newBroker();
    for (const pod of this.pods) for (const channel of pod.channels()) void this.broker.subscribe(channel);
  }

  release(channel: Channel): void {
    if (![...this.pods].some((pod) => pod.hears(channel))) this.broker.unsubscribe(channel);
  }

  #newBroker(): MemoryBroadcaster {
    const broker = new MemoryBroadcaster({ historySize: this.#historySize, clock: this.#clock });
    // It is ready when `start` returns.
    void broker.start({
      published: (channel, first, frames) => {
        for (const [index, frame] of frames.entries()) this.spread(channel, first + index, frame);
      },
      lost: () => undefined,
      reset: () => undefined,
      foreign: () => undefined,
      announced: () => undefined,
    });
    return broker;
  }
}

type Arrival = { readonly offset: number; readonly frame: Frame } | { readonly payload: Uint8Array };

interface Subscription {
  told: number;
}

/** One pod of a {@link MemoryBus}. */
export class BusPod implements BroadcastPort {
  readonly traits: BroadcastPort['traits'];
  readonly #bus: MemoryBus;
  readonly #subscriptions = new Map<Channel, Subscription>();
  readonly #inbox: { channel: Channel; subscription: Subscription; arrival: Arrival }[] = [];
  #receiver: BroadcastReceiver | undefined;
  #closed = false;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
    this.traits = bus.broker.traits;
  }

  get health(): BroadcastHealth {
    return this.#closed ? { ready: false, reason: 'closed' } : { ready: true };
  }

  async start(receiver: BroadcastReceiver): Promise<void> {
    if (this.#receiver || this.#closed) throw new Error('BusPod: start may be called once, and not after close');
    this.#receiver = receiver;
    for (const text of this.#bus.announcements) receiver.announced(text);
  }

  async publish(channel: Channel, publication: Publication): Promise<PublishResult> {
    if (this.#closed) return { status: 'unavailable' };
    if (this.#bus.sequenced) return await this.#bus.broker.publish(channel, publication);
    const frame = Buffer.from(messageText(publication, 0));
    if (this.hears(channel)) this.#receiver?.published(channel, 0, [frame]);
    this.#bus.spread(channel, 0, frame, this);
    return { status: 'published', receipt: { id: publication.id, ts: publication.ts } };
  }

  async subscribe(channel: Channel): Promise<SubscribeResult> {
    if (this.#closed) return { status: 'unavailable' };
    const subscription = this.#subscriptions.get(channel) ?? { told: -1 };
    this.#subscriptions.set(channel, subscription);
    const result = await this.#bus.broker.subscribe(channel);
    if (result.status !== 'subscribed' || result.position === undefined) return result;
    if (subscription.told === -1) subscription.told = result.position.offset;
    const position: Position = { epoch: result.position.epoch, offset: subscription.told };
    return { status: 'subscribed', position };
  }

  unsubscribe(channel: Channel): void {
    if (this.#subscriptions.delete(channel)) this.#bus.release(channel);
  }

  async read(channel: Channel, query: ReadQuery): Promise<ReadResult> {
    return this.#closed ? { status: 'unavailable' } : await this.#bus.broker.read(channel, query);
  }

  async announce(text: string): Promise<AnnounceResult> {
    if (this.#closed) return { status: 'unavailable' };
    this.#bus.announcements.push(text);
    for (const pod of this.#bus.pods) pod.hearAnnouncement(text);
    return { status: 'announced' };
  }

  hearAnnouncement(text: string): void {
    setImmediate(() => this.#receiver?.announced(text));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bus.pods.delete(this);
    for (const channel of this.channels()) this.unsubscribe(channel);
  }

  channels(): Channel[] {
    return [...this.#subscriptions.keys()];
  }

  hears(channel: Channel): boolean {
    return this.#subscriptions.has(channel);
  }

  arrive(channel: Channel, arrival: Arrival): void {
    const subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) return;
    this.#inbox.push({ channel, subscription, arrival });
    if (this.#inbox.length === 1) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    const arrived = this.#inbox.splice(0);
    while (arrived.length > 0) {
      const { channel, subscription, arrival } = arrived.shift() ?? fail();
      if (this.#subscriptions.get(channel) !== subscription) continue;
      if ('payload' in arrival) {
        this.#receiver?.foreign(channel, arrival.payload);
        continue;
      }
      const frames = [arrival.frame];
      for (let next = arrived[0]; next?.subscription === subscription; next = arrived[0]) {
        if ('payload' in next.arrival) break;
        frames.push(next.arrival.frame);
        arrived.shift();
      }
      subscription.told = arrival.offset + frames.length - 1;
      this.#receiver?.published(channel, arrival.offset, frames);
    }
  }
}

function fail(): never {
  throw new Error('memory bus: nothing arrived');
}
