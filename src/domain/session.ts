import type { Channel } from '../ports/broadcast-port.js';
import type { ChatSession } from '../ports/chat-port.js';
import type { Identity, User } from '../ports/auth-port.js';
import type { Fault, Request } from '../ports/codec-port.js';
import type { ConnectionPort } from '../ports/connection-port.js';
import type { Batch, Frame } from '../ports/frame.js';
import type { Refused } from '../ports/refusal.js';
import type { Allowance, Cost } from './allowance.js';
import { CLOSE } from './close-codes.js';
import { ContainedConnection } from './contained-connection.js';
import { INTERNAL, type Problem } from './errors.js';
import { ack, error, fromMember, pong } from './frames.js';
import { Intake, PAUSE } from './intake.js';
import type { Member } from './member.js';
import { roomOf } from './names.js';
import { type Answered, type Begun, type Job, RequestQueue } from './request-queue.js';
import type { Services } from './services.js';

const ERRORS_MAX = 1000;
const ERRORS_WINDOW_MS = 10_000;
/** Refused frames as long as what may be sent in so many seconds count as a thousand errors. */
const REFUSED_S = 12;
/** But each for this many at most: nobody is sent away for one frame, however little may be sent. */
const ERRORS_OF_ONE = 50;
/** A client that sends more than it may is not read for this long at most, in milliseconds. */
const REST_MAX_MS = 1000;
/** A ping looks at all rooms of the client, so that it costs more than its few bytes. */
const PING_BYTES = 1024;

/** Bytes of answers that a client may be given while it does not take any: then its publishes wait too. */
const UNREAD_MAX = 65_536;
/** What an answer takes besides its bytes while it waits for the socket. */
const UNREAD_OVERHEAD = 256;

/** Does what a frame asks for, and answers it. A promise that it returns rejects if it fails. */
export type CarryOut = (session: Session, request: Request | Fault) => Begun;

/** One client's conversation: takes its frames in order, and says what has to be said to it alone. */
export class Session implements ChatSession, Answered {
  readonly id: string;
  readonly user: User;
  readonly address: string;
  readonly connection: ConnectionPort;
  /** The `from` member of what this client publishes. */
  readonly from: string;
  /** See {@link Services.extraBytes}: those of {@link from}. */
  readonly extraBytes: number;
  readonly memberships = new Map<Channel, Member>();
  readonly services: Services;
  readonly allowance: Allowance;
  readonly #intake: Intake;
  readonly #requests: RequestQueue;
  readonly #carryOut: CarryOut;
  readonly #onClosed: (session: Session) => void;
  #proof: Identity;
  #outbox: Frame[] = [];
  /** Bytes of answers since the client stopped taking them. */
  #unread = 0;
  #errors = 0;
  #errorsSince = 0;
  #open = true;

  constructor(options: {
    connection: ConnectionPort;
    identity: Identity;
    address: string;
    services: Services;
    carryOut: CarryOut;
    onClosed: (session: Session) => void;
  }) {
    const { services } = options;
    this.id = services.ids.connection();
    this.user = options.identity.user;
    this.#proof = options.identity;
    this.address = options.address;
    this.connection = new ContainedConnection(options.connection, this);
    this.from = fromMember(this.user);
    this.extraBytes = services.extraBytes(this.from);
    this.services = services;
    this.#carryOut = options.carryOut;
    this.#onClosed = options.onClosed;
    this.#intake = new Intake(this.connection);
    const { backlog, hookBudget } = services;
    this.#requests = new RequestQueue({ client: this, intake: this.#intake, backlog, hookBudget });
    this.allowance = services.rates.connection();
  }

  /** Whether it still may say and be said something. */
  get open(): boolean {
    return this.#open;
  }

  get rooms(): string[] {
    return [...this.memberships.keys()].filter((channel) => roomOf(channel) !== undefined);
  }

  /** Who it is, what that lets it do, and until when. */
  get proof(): Identity {
    return this.#proof;
  }

  /** Goes on with another proof of the same user. */
  renew(proof: Identity): void {
    this.#proof = proof;
    this.services.expiry.watch(this);
  }

  get writable(): boolean {
    return this.connection.writable;
  }

  get hasRoom(): boolean {
    return this.#unread < UNREAD_MAX;
  }

  received(text: string): void {
    if (!this.#open) return;
    const request = this.services.codec.decode(text);
    const limited = this.services.rates.charge(this, costOf(request, text));
    if (limited) {
      this.#rest(limited);
      this.#requests.add(this.#refusal(request.id, limited, this.#errorsOf(text)));
    } else if (this.#requests.isFree(request.verb === 'publish')) {
      this.#requests.run(this.#parsed(request, text.length));
    } else {
      this.#requests.add(this.#unparsed(request.verb === 'publish', text));
    }
  }

  /** Reads nothing more. What was read is carried out. */
  stopReading(): void {
    this.#intake.pause(PAUSE.drain);
  }

  /** Requests something in the client's name. Its turn comes after what waits already. */
  request(request: Request): void {
    this.#requests.add(this.#parsed(request, 0));
  }

  /** Does something for the client in its turn. It MUST NOT reject. */
  enqueue(run: () => void | Promise<void>): void {
    this.#requests.add({ length: 0, publishes: false, run });
  }

  /** Resolves when nothing of this client is under way. */
  waitUntilIdle(): Promise<void> {
    return this.#requests.waitUntilIdle();
  }

  drained(): void {
    if (!this.#open) return;
    this.#unread = 0;
    // Before the rooms: a slow reader of a busy one would otherwise never be answered.
    this.#requests.drained();
    this.deliver();
  }

  /** Hands over what its rooms have for it, as far as the connection takes it. */
  deliver(): void {
    for (const member of this.memberships.values()) member.advance();
  }

  closed(): void {
    this.#end();
    this.#onClosed(this);
    for (const member of this.memberships.values()) this.drop(member);
  }

  /** Becomes a member of a room that is held for it. */
  enter(member: Member): void {
    this.memberships.set(member.room.channel, member);
    member.room.add(member);
  }

  /** Takes a member out of its room. */
  drop(member: Member): void {
    this.memberships.delete(member.room.channel);
    member.room.remove(member);
    this.services.rooms.release(member.room);
  }

  /** Sends a frame with this turn's flush, in order with the others said. */
  say(frame: Frame): void {
    if (!this.#open) return;
    if (!this.connection.writable) this.#unread += frame.length + UNREAD_OVERHEAD;
    this.#outbox.push(frame);
    this.services.rooms.touchSession(this);
  }

  ack(re: string | undefined, data: object): void {
    this.#sayText(ack(re, data));
  }

  pong(re: string | undefined): void {
    this.#sayText(pong(re));
  }

  /** @param errors how many errors it counts for, towards the end of the connection */
  refuse(re: string | undefined, problem: Problem, errors = 1): void {
    this.#sayText(error(re, problem));
    this.services.refusals.frame(problem, refusedOf(this));
    if (problem.code === 'unavailable' || problem.code === 'internal') return;
    const now = this.services.clock.ticks();
    if (this.#errors === 0 || now - this.#errorsSince > ERRORS_WINDOW_MS) {
      this.#errorsSince = now;
      this.#errors = 0;
    }
    this.#errors += errors;
    if (this.#errors <= ERRORS_MAX || !this.#open) return;
    this.services.refusals.add('abuse', 'too many refused frames', refusedOf(this));
    this.close(CLOSE.policy, 'too many refused frames');
  }

  /** Sends a batch now, after all that was said before. */
  sendInOrder(batch: Batch): void {
    this.flush();
    this.connection.send(batch);
  }

  flush(): void {
    if (this.#outbox.length === 0) return;
    const frames = this.#outbox;
    this.#outbox = [];
    this.connection.send({ frames });
  }

  /** Says what is left to say, then closes. */
  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.flush();
    this.#end();
    this.connection.close(code, reason);
  }

  /** A refused frame costs nothing, so the network has to hold back who goes on sending. */
  #rest({ retryAfterMs = 0 }: Problem): void {
    if (this.#intake.isPausedFor(PAUSE.rate)) return;
    this.#intake.pause(PAUSE.rate);
    this.services.scheduler.later(Math.min(retryAfterMs, REST_MAX_MS), () => this.#intake.resume(PAUSE.rate));
  }

  /** Long frames are slow to come, and as much of a burden. */
  #errorsOf({ length }: string): number {
    const { rateLimitBytes } = this.services.options;
    if (rateLimitBytes === 0) return 1;
    return Math.min(ERRORS_OF_ONE, Math.max(1, (ERRORS_MAX * length) / (REFUSED_S * rateLimitBytes)));
  }

  // Each job is made by a method of its own: closures of one call share what they keep, and text that waits must not keep
  // what was parsed of it.

  #parsed(request: Request | Fault, length: number): Job {
    return { length, publishes: request.verb === 'publish', run: () => this.#run(request, length) };
  }

  #unparsed(publishes: boolean, text: string): Job {
    const { length } = text;
    return { length, publishes, run: () => this.#run(this.services.codec.decode(text), length) };
  }

  #refusal(re: string | undefined, problem: Problem, errors: number): Job {
    return { length: re?.length ?? 0, publishes: false, run: () => this.refuse(re, problem, errors) };
  }

  /** A fault of ours ends in an error for this request, not in one for the pod. */
  #run(request: Request | Fault, length: number): Begun {
    try {
      const begun = this.#carryOut(this, request);
      if (!(begun instanceof Promise)) return begun;
      const answered = begun.catch((cause: unknown) => this.#fail(request, cause));
      // Only a hook keeps a message waiting.
      if (request.verb === 'publish') this.services.hookBudget.hold(length, answered);
      return answered;
    } catch (cause) {
      this.#fail(request, cause);
    }
  }

  #fail(request: Request | Fault, cause: unknown): void {
    this.services.logger.error('request failed', {
      connection: this.id,
      verb: request.verb,
      cause,
    });
    this.refuse(request.id, INTERNAL);
  }

  /** See {@link ContainedConnection}. */
  connectionFailed(cause: unknown): void {
    this.services.logger.error('the transport failed', { connection: this.id, cause });
    this.#end();
  }

  #sayText(text: string): void {
    this.say(this.services.encode(text));
  }

  #end(): void {
    this.#open = false;
    this.#requests.end();
  }
}

/** What the log names a client by. */
export function refusedOf({ id, user, address }: Session): Refused {
  return { address, user: user.id, connection: id };
}

/** Characters count for bytes: what they are more on the wire is a matter of a small factor. */
function costOf(request: Request | Fault, text: string): Cost {
  if (request.verb === 'ping') return { bytes: Math.max(text.length, PING_BYTES) };
  const global = request.verb === 'publish' && request.room === undefined ? 1 : 0;
  return { frames: 1, bytes: text.length, global };
}
