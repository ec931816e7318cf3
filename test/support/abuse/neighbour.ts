import { once } from 'node:events';
import { WebSocket } from 'ws';
import { chatUrl, type ChatFrame } from '../chat-client.js';

const REPEATED_AT_ONCE = 2;

/** What somebody brings to the door. */
export type Query = Readonly<Record<string, string>>;

/** What all neighbours know of each other. */
export interface Street {
  /** Ids of those who behave. */
  readonly users: Set<string>;
  /** How many messages each has sent, by user id. */
  readonly said: Map<string, number>;
  /** Whether somebody else may have said this to all. */
  readonly isExpected: (data: unknown) => boolean;
  /** Whether to send again what is answered `unavailable`, as a client should. Otherwise that is a fault. */
  readonly retries: boolean;
}

/**
 * Somebody who behaves: says numbered things to a room, and judges every frame as it comes. Nothing is kept of them,
 * so that this may go on for long.
 */
export class Neighbour {
  /** Frames that are none of its business. */
  readonly leaks: ChatFrame[] = [];
  /** Whatever else was wrong: errors, holes, repetitions, a lost connection. */
  readonly faults: string[] = [];
  /** Up to which number everything was heard of each, by user id. */
  readonly heard = new Map<string, number>();
  /** How often it was told `unavailable`. */
  refused = 0;
  readonly room: string;
  readonly #street: Street;
  readonly #ws: WebSocket;
  readonly #unanswered = new Set<string>();
  readonly #offsets = new Map<string | undefined, number>();
  /** What it sends again. */
  readonly #refused: number[] = [];
  /** What was heard beyond a message that has to be sent again, by user id. */
  readonly #ahead = new Map<string, Set<number>>();
  #user = '';
  #said = 0;
  #joined = false;

  private constructor(ws: WebSocket, room: string, street: Street) {
    this.#ws = ws;
    this.room = room;
    this.#street = street;
    ws.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as ChatFrame));
    ws.on('error', (error) => this.faults.push(error.message));
    ws.on('close', (code) => this.faults.push(`closed with ${code}`));
  }

  static async enter(port: number, query: Query, room: string, street: Street): Promise<Neighbour> {
    const ws = new WebSocket(chatUrl(port, { rooms: [room], query }), { perMessageDeflate: false });
    const neighbour = new Neighbour(ws, room, street);
    while (!neighbour.#joined) await once(ws, 'message');
    return neighbour;
  }

  get user(): string {
    return this.#user;
  }

  /** How many of its requests were answered. */
  get answered(): number {
    return this.#said - this.#unanswered.size;
  }

  speak(): void {
    const number = ++this.#said;
    this.#unanswered.add(this.#idOf(number));
    this.#street.said.set(this.#user, number);
    this.#send(number);
    // Few, so that its rate is enough for what it says anew.
    for (const again of this.#refused.splice(0, REPEATED_AT_ONCE)) this.#send(again);
  }

  async leave(): Promise<void> {
    this.#ws.removeAllListeners('close');
    const closed = once(this.#ws, 'close');
    this.#ws.close(1000);
    await closed;
  }

  #idOf(number: number): string {
    return `${this.#user}-${number}`;
  }

  #send(number: number): void {
    this.#ws.send(JSON.stringify({ room: this.room, data: { number }, id: this.#idOf(number) }));
  }

  #take(frame: ChatFrame): void {
    if (frame.type === 'welcome') this.#welcome(frame);
    else if (frame.type === 'ack') this.#answered(frame);
    else if (this.#street.retries && frame.data?.code === 'unavailable') this.#sendAgain(frame);
    else if (['error', 'gap', 'pong', 'draining'].includes(frame.type)) this.faults.push(JSON.stringify(frame));
    else if (frame.room === undefined) this.#hearAll(frame);
    else if (frame.room === this.room && this.#street.users.has(frame.from?.id ?? '')) this.#hearRoom(frame);
    else this.leaks.push(frame);
  }

  #welcome(frame: ChatFrame): void {
    const { user, global } = frame.data as { user?: { id: string }; global?: { offset: number } };
    this.#user = user?.id ?? '';
    this.#offsets.set(undefined, global?.offset ?? 0);
    this.#street.users.add(this.#user);
  }

  #answered(frame: ChatFrame): void {
    if (frame.re === undefined && !this.#joined && frame.data['room'] === this.room) {
      this.#joined = true;
      this.#offsets.set(this.room, frame.data.offset ?? 0);
    } else if (!this.#unanswered.delete(frame.re ?? '')) this.leaks.push(frame);
  }

  #sendAgain({ re = '' }: ChatFrame): void {
    this.refused += 1;
    this.#refused.push(Number(re.slice(this.#user.length + 1)));
  }

  #hearAll(frame: ChatFrame): void {
    this.#count(frame);
    if (!this.#street.isExpected(frame.data)) this.leaks.push(frame);
  }

  #hearRoom(frame: ChatFrame): void {
    this.#count(frame);
    const speaker = frame.from?.id ?? '';
    const last = this.heard.get(speaker);
    const number = Number(frame.data['number']);
    if (last === undefined || number === last + 1) this.#heardUpTo(speaker, number);
    else if (this.#street.retries && number > last) this.#aheadOf(speaker).add(number);
    else this.faults.push(`${number} of ${speaker} came after ${last}`);
  }

  #heardUpTo(speaker: string, number: number): void {
    let last = number;
    while (this.#aheadOf(speaker).delete(last + 1)) last += 1;
    this.heard.set(speaker, last);
  }

  #aheadOf(speaker: string): Set<number> {
    const known = this.#ahead.get(speaker);
    if (known) return known;
    const ahead = new Set<number>();
    this.#ahead.set(speaker, ahead);
    return ahead;
  }

  #count({ room, offset }: ChatFrame): void {
    const last = this.#offsets.get(room);
    if (last === undefined || offset !== last + 1) this.faults.push(`offset ${offset} of ${room} came after ${last}`);
    this.#offsets.set(room, offset ?? -1);
  }
}
