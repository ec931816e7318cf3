import { Audit, type Verdict } from './audit.js';

/** A place in a room's log. */
export interface Place {
  readonly epoch: string;
  readonly offset: number;
}

/** What became of a message that a client sent, as far as the client was told. */
export type Outcome = 'pending' | 'acked' | 'refused' | 'unknown';

/** A message that a client sent, once or again and again under the same id. */
export interface Sending {
  readonly id: string;
  readonly room: string;
  /** The connection it was first sent on. */
  readonly connection: string;
  attempts: number;
  outcome: Outcome;
  /** Whether any attempt has ended without an answer that settles it. */
  doubtful: boolean;
  /** What the ack said. */
  receipt: (Place & { readonly message: string }) | undefined;
}

/** What a reader saw of a room, in order. */
export type Sight =
  | { readonly kind: 'joined'; readonly at: Place; readonly since?: Place; readonly recovered?: boolean }
  | { readonly kind: 'message'; readonly offset: number; readonly message: string; readonly sending: string }
  | { readonly kind: 'gap'; readonly cause: string; readonly from: number; readonly to: number; readonly epoch: string }
  | { readonly kind: 'left' };

/** One client over all of its connections, in one room. */
export interface Reading {
  readonly reader: string;
  readonly room: string;
  readonly sights: Sight[];
}

/** What the broker's history holds in the end. */
export interface Stored {
  readonly epoch: string;
  readonly offset: number;
  readonly message: string;
  readonly sending: string;
}

/** Keeps what was sent, what the senders were told of it and what every member saw, and says what of it is wrong. */
export class Ledger {
  readonly sendings = new Map<string, Sending>();
  readonly readings = new Map<string, Reading>();
  readonly histories = new Map<string, Stored[]>();
  /** What a client got that it should not have got at all. */
  readonly complaints: string[] = [];
  /** The epoch that each room was in when a message of it was last acked. */
  readonly epochs = new Map<string, string>();

  /** A client sends a message, for the first time or again. */
  sent(id: string, room: string, connection: string): void {
    const known = this.sendings.get(id);
    if (known) {
      known.attempts++;
      return;
    }
    const fresh = { outcome: 'pending' as const, doubtful: false, receipt: undefined };
    this.sendings.set(id, { id, room, connection, attempts: 1, ...fresh });
  }

  acked(id: string, receipt: Place & { readonly message: string }): void {
    const sending = this.#of(id);
    const { epoch, offset } = sending.receipt ?? receipt;
    if (epoch === receipt.epoch && offset !== receipt.offset) this.complain(`${id} was acked at two places`);
    sending.outcome = 'acked';
    sending.receipt = receipt;
    this.epochs.set(sending.room, receipt.epoch);
  }

  /** @param maybe whether it may have been published all the same */
  refused(id: string, maybe: boolean): void {
    const sending = this.#of(id);
    if (maybe) sending.doubtful = true;
    sending.outcome = sending.doubtful ? 'unknown' : 'refused';
  }

  /** The connection went without an answer. */
  unanswered(id: string): void {
    const sending = this.#of(id);
    sending.doubtful = true;
    sending.outcome = 'unknown';
  }

  saw(reader: string, room: string, sight: Sight): void {
    const key = `${reader}\n${room}`;
    const reading = this.readings.get(key) ?? { reader, room, sights: [] };
    this.readings.set(key, reading);
    reading.sights.push(sight);
  }

  gapsOf(reader: string, room: string): Extract<Sight, { kind: 'gap' }>[] {
    return (this.readings.get(`${reader}\n${room}`)?.sights ?? []).filter((sight) => sight.kind === 'gap');
  }

  complain(what: string): void {
    this.complaints.push(what);
  }

  stored(room: string, messages: readonly Stored[]): void {
    this.histories.set(room, [...(this.histories.get(room) ?? []), ...messages]);
  }

  /** The last place of a room that was acked, in the epoch of the last ack. */
  lastOf(room: string): Place {
    const epoch = this.epochs.get(room) ?? '';
    const places = [...this.sendings.values()].filter((sending) => sending.room === room);
    const offsets = places.map(({ receipt }) => (receipt?.epoch === epoch ? receipt.offset : 0));
    return { epoch, offset: offsets.reduce((most, offset) => Math.max(most, offset), 0) };
  }

  audit(): Verdict {
    return new Audit(this).verdict();
  }

  #of(id: string): Sending {
    const sending = this.sendings.get(id);
    if (!sending) throw new Error(`an answer to ${id}, which nobody sent`);
    return sending;
  }
}
