import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { chatUrl, type ChatFrame } from '../chat-client.js';
import type { Ledger, Place } from './ledger.js';
import { Outbox } from './outbox.js';

/** The channel of everybody, which each connection is a member of from its welcome on. */
const GLOBAL = '';
/** A client waits this long before it tries anything again, in milliseconds: at least, and up to twice. */
const RETRY_MS = 300;

export interface FaultClientOptions {
  readonly name: string;
  readonly ledger: Ledger;
  readonly rooms: readonly string[];
  /** The port of the pod to connect to, asked again for each connection. */
  readonly port: () => number;
  /** Whether it sends again what was not taken, under the same id, until it gets a definite answer. */
  readonly insists: boolean;
  /** Who it is: clients that share it are one user. @default its own */
  readonly session?: string;
  /** Makes messages longer by this many characters. @default 0 */
  readonly padding?: number;
}

/** What a client knows of a room. */
interface Membership {
  wanted: boolean;
  joined: boolean;
  /** Where it goes on from. */
  position: Place | undefined;
  /** It hears what is new, and has not yet got what it missed before that. */
  behind: boolean;
  /** The join that is under way, and what it asked for. */
  asked: { readonly id: string; readonly since: Place | undefined } | undefined;
}

/** How a frame names a room: the global channel by no name. */
function named(room: string): { readonly room?: string } {
  return room === GLOBAL ? {} : { room };
}

function isSettled({ joined, wanted, asked, behind }: Membership): boolean {
  return joined === wanted && !asked && !behind;
}

/**
 * A client as a good SDK would be: it connects again wherever it can, resumes where it was, and sends again under the
 * same id what got no definite answer. All that it does and sees goes to the ledger.
 */
export class FaultClient {
  readonly name: string;
  readonly outbox: Outbox;
  readonly #options: FaultClientOptions;
  readonly #rooms = new Map<string, Membership>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pages = new Map<string, (frame: ChatFrame) => void>();
  readonly #session: string;
  #ws: WebSocket | undefined;
  #connections = 0;
  #open = false;
  #ended = false;
  #away = false;

  constructor(options: FaultClientOptions) {
    this.name = options.name;
    this.#options = options;
    const { ledger, insists, session = randomUUID(), padding = 0 } = options;
    this.#session = session;
    this.outbox = new Outbox({
      ledger,
      insists,
      padding: 'x'.repeat(padding),
      connection: (room) => (this.#maySend(room) ? `${this.name}#${this.#connections}` : undefined),
      say: (frame) => this.#say(frame),
      later: (task) => this.#later(task),
    });
    for (const room of options.rooms) this.#want(room);
    this.#connect();
  }

  get insists(): boolean {
    return this.#options.insists;
  }

  /** Whether it is a member of every room it wants, and of no other. */
  get ready(): boolean {
    return this.#open && [...this.#rooms.values()].every(isSettled);
  }

  /** How often it came in. */
  get connections(): number {
    return this.#connections;
  }

  isMember(room: string): boolean {
    return this.#open && this.#rooms.get(room)?.joined === true;
  }

  /** Whether it knows all of a room up to this place. */
  hasReached(room: string, { epoch, offset }: Place): boolean {
    const position = this.#rooms.get(room)?.position;
    return position?.epoch === epoch && position.offset >= offset;
  }

  /** Whether there is something before this place that it has not got; who is in another epoch was told of a reset. */
  lags(room: string, { epoch, offset }: Place): boolean {
    const position = this.#rooms.get(room)?.position;
    return position?.epoch === epoch && position.offset < offset;
  }

  /** Sends a message, if it is a member; answers the message's id. */
  send(room: string, id: string = randomUUID()): string | undefined {
    if (!this.#maySend(room)) return undefined;
    this.outbox.add(id, room);
    return id;
  }

  join(room: string): void {
    this.#want(room);
    this.#askToJoin(room);
  }

  leave(room: string): void {
    const membership = this.#rooms.get(room);
    if (!membership?.joined || !membership.wanted) return;
    membership.wanted = false;
    this.#say({ type: 'leave', room, id: `leave ${room}` });
  }

  /** Everything that the history holds of a room, oldest first. */
  async history(room: string): Promise<readonly ChatFrame[]> {
    const frames: ChatFrame[] = [];
    for (;;) {
      const { data } = await this.#page(room, frames.at(-1)?.offset ?? 0);
      frames.push(...(data.messages ?? []));
      if (data['more'] !== true) return frames;
    }
  }

  /** Loses its connection, as by a cut cable, and comes back soon. */
  drop(): void {
    this.#ws?.terminate();
  }

  /** Loses its connection and stays away until it is told to come back. */
  goAway(): void {
    this.#away = true;
    this.drop();
  }

  /** Reads nothing, so that what it is sent piles up on the way. */
  stopReading(): void {
    this.#ws?.pause();
  }

  readOn(): void {
    this.#ws?.resume();
  }

  comeBack(): void {
    this.#away = false;
    this.#connect();
  }

  /** Goes for good. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#ws?.terminate();
  }

  #maySend(room: string): boolean {
    const membership = this.#rooms.get(room);
    return this.isMember(room) && membership?.wanted === true && !membership.asked;
  }

  #want(room: string): void {
    const membership = this.#rooms.get(room);
    if (membership) membership.wanted = true;
    else this.#rooms.set(room, { wanted: true, joined: false, position: undefined, behind: false, asked: undefined });
  }

  #connect(): void {
    const query = { name: this.name, session: this.#session };
    const ws = new WebSocket(chatUrl(this.#options.port(), { query }), { perMessageDeflate: false });
    this.#ws = ws;
    ws.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as ChatFrame));
    ws.on('error', () => {});
    ws.on('close', () => this.#lost());
  }

  #lost(): void {
    this.#open = false;
    for (const [room, membership] of this.#rooms) {
      if (membership.joined && !membership.wanted) this.#left(room, membership);
      membership.joined = false;
      membership.asked = undefined;
    }
    this.outbox.lost();
    if (!this.#away) this.#later(() => this.#connect());
  }

  #take(frame: ChatFrame): void {
    const { type, room = GLOBAL, re = '', offset } = frame;
    if (type === 'welcome') return this.#welcomed(frame.data['global'] as Place);
    if (type === 'gap') return this.#gap(frame);
    if (type !== 'ack' && type !== 'error') {
      return offset === undefined ? undefined : this.#message(frame, room, offset);
    }
    if (re.startsWith('join ')) return this.#joinAnswered(frame, re.split(' ')[1] ?? '');
    if (re.startsWith('leave ')) return this.#leaveAnswered(re.slice(6));
    const page = this.#pages.get(re);
    if (!page) return this.outbox.answered(frame);
    this.#pages.delete(re);
    page(frame);
  }

  #welcomed(global: Place): void {
    this.#open = true;
    this.#connections++;
    this.#hearGlobal(global);
    for (const [room, { wanted, joined, behind }] of this.#rooms) {
      if (wanted && (!joined || behind)) this.#askToJoin(room);
    }
  }

  #hearGlobal(at: Place): void {
    const membership = this.#rooms.get(GLOBAL);
    if (!membership) return;
    this.#options.ledger.saw(this.name, GLOBAL, { kind: 'joined', at });
    membership.joined = true;
    membership.behind = membership.position !== undefined;
    membership.position ??= at;
  }

  #askToJoin(room: string): void {
    const membership = this.#rooms.get(room);
    if (!membership?.wanted || membership.asked || !this.#open) return;
    const since = membership.position;
    const id = `join ${room} ${randomUUID()}`;
    membership.asked = { id, since };
    this.#say({ type: 'join', ...named(room), id, ...(since && { data: { since } }) });
  }

  #joinAnswered({ type, data, re }: ChatFrame, room: string): void {
    const membership = this.#rooms.get(room);
    const asked = membership?.asked;
    if (!membership || !asked || asked.id !== re)
      return this.#options.ledger.complain(`${this.name}: an answer to no join`);
    membership.asked = undefined;
    if (type === 'error') {
      if (data.code !== 'unavailable') this.#options.ledger.complain(`${this.name}: ${JSON.stringify(data)}`);
      return this.#later(() => this.#askToJoin(room));
    }
    const { since } = asked;
    const at = { epoch: data.epoch ?? '', offset: data.offset ?? 0 };
    const outcome = since && { since, recovered: data['recovered'] === true };
    this.#options.ledger.saw(this.name, room, { kind: 'joined', at, ...outcome });
    membership.joined = true;
    membership.behind = false;
    // With `since` it stands where it was, until what is missing has come.
    membership.position = since ?? at;
    this.outbox.resend(room);
  }

  #leaveAnswered(room: string): void {
    const membership = this.#rooms.get(room);
    if (!membership) return;
    this.#left(room, membership);
    membership.joined = false;
  }

  #left(room: string, membership: Membership): void {
    this.#options.ledger.saw(this.name, room, { kind: 'left' });
    if (!membership.asked) membership.position = undefined;
  }

  #gap({ room = GLOBAL, data }: ChatFrame): void {
    const membership = this.#rooms.get(room);
    if (!membership) return;
    const { epoch = '' } = data;
    const [cause, from, to] = [String(data['cause']), Number(data['from']), Number(data['to'])];
    this.#options.ledger.saw(this.name, room, { kind: 'gap', cause, from, to, epoch });
    if (!membership.behind) membership.position = { epoch, offset: to };
  }

  #message({ id, data }: ChatFrame, room: string, offset: number): void {
    const sight = { kind: 'message' as const, offset, message: String(id), sending: String(data.content) };
    this.#options.ledger.saw(this.name, room, sight);
    const membership = this.#rooms.get(room);
    if (membership?.position && !membership.behind) membership.position = { epoch: membership.position.epoch, offset };
  }

  #say(frame: unknown): void {
    this.#ws?.send(JSON.stringify(frame), () => {});
  }

  #page(room: string, after: number): Promise<ChatFrame> {
    const id = `history ${randomUUID()}`;
    return new Promise((resolve) => {
      this.#pages.set(id, resolve);
      this.#say({ type: 'history', ...named(room), id, data: { after, limit: 100 } });
    });
  }

  #later(task: () => void): void {
    if (this.#ended) return;
    const run = (): void => {
      this.#timers.delete(timer);
      task();
    };
    const timer = setTimeout(run, RETRY_MS * (1 + Math.random()));
    this.#timers.add(timer);
  }
}
