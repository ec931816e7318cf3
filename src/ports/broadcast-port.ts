import type { Frame } from './frame.js';

/** A room's name; the empty string is the global channel, whose subscribers are all pods. */
export type Channel = string;

/** A place in a channel's log. Offsets grow by one from 1 within an epoch; 0 is the place before the first. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** What a channel's log keeps at most. */
export interface Retention {
  readonly messages: number;
  /** Bytes of their frames. */
  readonly bytes: number;
}

/** A message on its way into a channel. */
export interface Publication {
  readonly id: string;
  /** Milliseconds since 1970, by the accepting pod. */
  readonly ts: number;
  /**
   * The frame's text in two halves. A sequenced broadcaster puts `,"offset":N` between them, because only it knows the
   * offset; one without offsets joins them as they are. Text, so that its UTF-8 is written once, where it stays.
   */
  readonly head: string;
  readonly tail: string;
  /** Present where the client may send the same thing again. */
  readonly once?: {
    /** Unique within the channel: who sent it, and the id they gave it. */
    readonly key: string;
    /** What was sent: another content under the same key is a conflict. */
    readonly content: string;
  };
}

/** Where a publication went. `position` is absent where the broadcaster keeps no log. */
export interface Receipt {
  readonly id: string;
  readonly ts: number;
  readonly position?: Position;
}

/** The broker can't be asked or did not answer in time. */
export interface Unavailable {
  readonly status: 'unavailable';
  /** It may have been carried out all the same. */
  readonly maybe?: boolean;
}

/**
 * `conflict`: the key of `once` stands for another content. `unavailable` without `maybe`: it was not stored, and will
 * not be.
 */
export type PublishResult =
  | { readonly status: 'published'; readonly receipt: Receipt }
  | { readonly status: 'conflict' }
  | Unavailable;

/**
 * `position`, after which nothing can be missed, is absent where the broadcaster keeps no log. `unavailable`: the
 * channel is not listened to.
 */
export type SubscribeResult = { readonly status: 'subscribed'; readonly position?: Position } | Unavailable;

/** Which stored entries to read. The bounds are exclusive and combine. */
export interface ReadQuery {
  readonly after?: number;
  readonly before?: number;
  /** 1 to 1,000 entries. */
  readonly limit: number;
  /**
   * Bytes of frames, at least 1. A broadcaster MUST answer no more than fit, but always one entry if there is any, and
   * say `more` where it stopped for that. It MUST NOT fetch much beyond it either: whoever asks has no use for the rest.
   *
   * @default any number
   */
  readonly bytes?: number;
}

/** A stored message. */
export interface Entry {
  readonly offset: number;
  readonly frame: Frame;
}

export type ReadResult =
  | {
      readonly status: 'read';
      /** The channel's top when the entries were read. */
      readonly position: Position;
      /** In order of offset: with `after` the oldest that fit, otherwise the newest. */
      readonly entries: readonly Entry[];
      /** Whether there are further ones in that direction. */
      readonly more: boolean;
    }
  | Unavailable;

/**
 * What a broadcaster tells the pod. The domain implements it; it never throws.
 *
 * For a channel that is subscribed, a sequenced broadcaster MUST tell every message after the position that `subscribe`
 * answers exactly once, in order of offset and without a hole, with {@link lost} or {@link reset} in the place of what
 * can't be told. It MAY begin before the promise of `subscribe` is settled. Nothing of a channel may come after
 * `unsubscribe`.
 */
export interface BroadcastReceiver {
  /**
   * Messages of a channel, those of this pod included.
   *
   * @param first the offset of the first frame, the others follow by one each; 0 where the broadcaster keeps no log
   */
  published(channel: Channel, first: number, frames: readonly Frame[]): void;

  /** The messages `from..to` were published but can't be had any more: retention has dropped them. */
  lost(channel: Channel, from: number, to: number): void;

  /** The log was lost or rewound: it goes on after `position`, in a new epoch. */
  reset(channel: Channel, position: Position): void;

  /** Something that another program sent to the channel, unchecked. It has no offset and is not stored. */
  foreign(channel: Channel, payload: Uint8Array): void;

  /** What a pod has announced: see {@link BroadcastPort.announce}. */
  announced(text: string): void;
}

export type AnnounceResult = { readonly status: 'announced' } | Unavailable;

/** Whether this pod hears its broker, and if not, why. */
export type BroadcastHealth = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/**
 * Carries messages between pods. A channel is a log: what is published to it gets the next offset, is kept for a
 * while, and is told to every pod that is subscribed, the publishing one included.
 *
 * - MUST NOT throw or reject from any method but `start`: a broker's failure is a result, so that it can't escape into another
 *   room's path. What throws or rejects all the same, and a result of another shape, is logged, at most once a second per
 *   method, and counts as `unavailable` (with `maybe`, for a publish).
 * - MUST settle every promise within 2 s, whatever the broker does.
 * - MUST NOT hold more than a bounded amount for a broker that is away.
 * - MUST NOT keep anything for channels that were subscribed and left if nobody has published to them: joining ever new
 *   ones must not fill the broker. It MAY keep the place of one that somebody is in when the epoch of such channels ends.
 */
export interface BroadcastPort {
  /** What this implementation promises. Fixed from construction on. */
  readonly traits: {
    /** Offsets, history, resume and idempotent publishing. Without it the channel is plain publish and subscribe. */
    readonly sequenced: boolean;
    /**
     * What each channel's log keeps, so that a publish is charged only for what it adds. Absent if it is not known. A
     * log SHOULD NOT keep more, but for the step in which it trims.
     */
    readonly retention?: Retention;
  };

  /**
   * Connects; called once, and first. Rejects where the settings can't work; a broker that is away is waited for.
   *
   * - MUST reject a second call, and one after {@link close}, without harm to what goes on.
   */
  start(receiver: BroadcastReceiver): Promise<void>;

  readonly health: BroadcastHealth;

  /**
   * Appends to the channel's log; the channel need not be subscribed.
   *
   * - MUST keep the order of calls within a channel.
   * - MUST have stored the message for good before it answers `published`.
   * - MAY answer at once, without a promise, what it knows at once.
   * - MUST, with `once`, answer a repetition within 10 minutes with the first receipt, on any pod, and tell nobody.
   * - Without a log: tells this pod's own receiver before it returns, and answers `published` whether or not the broker hears it.
   */
  publish(channel: Channel, publication: Publication): PublishResult | Promise<PublishResult>;

  /**
   * Listens to a channel. MUST answer only when nothing published from now on, on any pod, can be missed. Called
   * again before `unsubscribe`, it answers as the first time with the position that was told last.
   *
   * A channel that nobody has published to MUST answer the same position, on every pod and after it was left, and the
   * first publish MUST keep its epoch: members that return get no reset. The epoch MAY end after some days, but without a
   * {@link BroadcastReceiver.reset} for pods that are subscribed.
   */
  subscribe(channel: Channel): Promise<SubscribeResult>;

  /** Stops listening. MAY keep listening for up to 5 s at the broker, as people come back. */
  unsubscribe(channel: Channel): void;

  /** Reads stored messages; the channel need not be subscribed. Only for a sequenced broadcaster. */
  read(channel: Channel, query: ReadQuery): Promise<ReadResult>;

  /**
   * Tells every pod something of the service itself, this one included; it belongs to no channel.
   *
   * - MUST tell it within 2 s to each pod that hears the broker, and to one that does not as soon as it does again.
   * - MUST tell what was announced in the last day to a pod that starts, as far as the broker outlives its pods.
   * - MUST keep the order of what one pod announces. MAY tell a pod something again.
   *
   * @param text at most 1,024 characters
   */
  announce(text: string): Promise<AnnounceResult>;

  /**
   * Ends all subscriptions, connections and timers; what was not sent is answered `unavailable`.
   *
   * - MUST leave nothing behind that keeps the process.
   */
  close(): Promise<void>;
}
