import type { Ledger, Sending } from './ledger.js';
import { accountOf, type Account, type Stretch } from './reading.js';

/** The sum of a run. */
export interface Verdict {
  readonly sent: number;
  readonly acked: number;
  /** Definitely not published, as the client was told and did not send again. */
  readonly refused: number;
  /** Acked or seen by others, and neither seen by a member nor covered by a gap. Counted once a member. */
  readonly lost: number;
  /** Under one id at two places of one epoch, or at one place twice for one member. */
  readonly repeated: number;
  /** Frames that told of a gap, over all members. */
  readonly gaps: number;
  /** What is wrong, in words. Empty: all is as promised. */
  readonly faults: readonly string[];
}

const HISTORY = 'the history';

/** What stands at a place of a log. */
interface Content {
  readonly message: string;
  readonly sending: string;
  /** Who has told of it first. */
  readonly witness?: string;
}

/** Compares what was sent, acked, seen and stored. */
export class Audit {
  readonly #ledger: Ledger;
  readonly #faults: string[] = [];
  /** By room, epoch and offset. */
  readonly #contents = new Map<string, Map<number, Content>>();
  #lost = 0;
  #repeated = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  verdict(): Verdict {
    const accounts = [...this.#ledger.readings.values()].map(accountOf);
    this.#faults.push(...this.#ledger.complaints);
    for (const { faults } of accounts) this.#faults.push(...faults);
    this.#repeated = accounts.reduce((sum, { repeats }) => sum + repeats, 0);
    this.#collect(accounts);
    this.#checkPlaces();
    this.#checkSendings();
    for (const { reader, stretches } of accounts) {
      for (const stretch of stretches) this.#checkComplete(reader, stretch);
      this.#checkEpoch(reader, stretches.at(-1));
    }
    this.#checkHistory();
    const sendings = [...this.#ledger.sendings.values()];
    const count = (outcome: string): number => sendings.filter((sending) => sending.outcome === outcome).length;
    return {
      sent: sendings.length,
      acked: count('acked'),
      refused: count('refused'),
      lost: this.#lost,
      repeated: this.#repeated,
      gaps: accounts.reduce((sum, { gaps }) => sum + gaps, 0),
      faults: this.#faults,
    };
  }

  /** Everything that anybody knows of any place. */
  #collect(accounts: readonly Account[]): void {
    for (const { reader, stretches } of accounts) {
      for (const { room, epoch, seen } of stretches) {
        for (const [offset, content] of seen) this.#put(room, epoch, offset, content, reader);
      }
    }
    for (const { room, id, receipt } of this.#ledger.sendings.values()) {
      if (receipt) this.#put(room, receipt.epoch, receipt.offset, { message: receipt.message, sending: id }, 'an ack');
    }
    for (const [room, messages] of this.#ledger.histories) {
      for (const { epoch, offset, ...content } of messages) this.#put(room, epoch, offset, content, HISTORY);
    }
  }

  #put(room: string, epoch: string, offset: number, content: Content, witness: string): void {
    const log = this.#contents.get(`${room}\n${epoch}`) ?? new Map<number, Content>();
    this.#contents.set(`${room}\n${epoch}`, log);
    const known = log.get(offset);
    if (known && (known.message !== content.message || known.sending !== content.sending)) {
      this.#fault(`${witness} has other contents at ${offset} of ${epoch} in ${room} than ${known.witness}`);
    }
    if (!known) log.set(offset, { ...content, witness });
  }

  /** One message has one place. What the history alone knows may stand there from before the epoch began. */
  #checkPlaces(): void {
    for (const [log, contents] of this.#contents) {
      const places = new Map<string, number>();
      for (const [offset, { sending, witness }] of contents) {
        if (witness === HISTORY) continue;
        const other = places.get(sending);
        if (other !== undefined) {
          this.#repeated++;
          this.#fault(`${sending} stands at ${other} and at ${offset} of ${log.replace('\n', ' in ')}`);
        }
        places.set(sending, offset);
      }
    }
  }

  #checkSendings(): void {
    const seen = new Set(
      [...this.#contents.values()].flatMap((log) => [...log.values()].map(({ sending }) => sending)),
    );
    for (const { id, outcome } of this.#ledger.sendings.values()) {
      if (outcome === 'pending') this.#fault(`${id} was never answered`);
      if (outcome === 'refused' && seen.has(id)) this.#fault(`${id} was refused and delivered all the same`);
    }
    for (const id of seen) if (!this.#ledger.sendings.has(id)) this.#fault(`${id} was delivered and never sent`);
    this.#checkOrder();
  }

  /** What one connection sent once only stands in the order in which it was sent. */
  #checkOrder(): void {
    const last = new Map<string, Sending>();
    for (const sending of this.#ledger.sendings.values()) {
      const { receipt, attempts, connection, room, id } = sending;
      if (!receipt || attempts > 1) continue;
      const key = `${connection}\n${room}`;
      const before = last.get(key);
      last.set(key, sending);
      if (before?.receipt?.epoch !== receipt.epoch || before.receipt.offset < receipt.offset) continue;
      this.#fault(`${id} was sent after ${before.id} on ${connection} and stands before it`);
    }
  }

  /** Whoever was there has all that is known of its time, or was told what it has not. */
  #checkComplete(reader: string, { room, epoch, from, to, over, seen, excused }: Stretch): void {
    for (const [offset, { sending }] of this.#contents.get(`${room}\n${epoch}`) ?? []) {
      if (offset <= from || seen.has(offset)) continue;
      if (excused.some((gap) => gap.from <= offset && offset <= gap.to)) continue;
      if (offset > to && over) continue;
      this.#lost++;
      this.#fault(`${reader} has not seen ${sending}, ${offset} of ${epoch} in ${room}`);
    }
  }

  /** Whoever is still there knows of the last reset. */
  #checkEpoch(reader: string, last: Stretch | undefined): void {
    if (!last || last.over) return;
    const epoch = this.#ledger.epochs.get(last.room) ?? last.epoch;
    if (last.epoch !== epoch) this.#fault(`${reader} in ${last.room} stands in ${last.epoch}, which is now ${epoch}`);
  }

  /** What was acked is stored, as far back as the history goes. */
  #checkHistory(): void {
    for (const [room, messages] of this.#ledger.histories) {
      const [first] = messages;
      if (!first) continue;
      const stored = new Set(messages.map(({ offset }) => offset));
      const oldest = Math.min(...stored);
      for (const { id, receipt, room: where } of this.#ledger.sendings.values()) {
        if (where !== room || !receipt || receipt.epoch !== first.epoch || receipt.offset < oldest) continue;
        if (!stored.has(receipt.offset)) this.#fault(`${id} was acked and is not in the history`);
      }
    }
  }

  #fault(what: string): void {
    this.#faults.push(what);
  }
}
