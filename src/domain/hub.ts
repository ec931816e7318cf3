import type { Identity } from '../ports/auth-port.js';
import type { BroadcastReceiver, Channel, Position } from '../ports/broadcast-port.js';
import type { Admission, ChatPort, ChatSession, Knock } from '../ports/chat-port.js';
import type { Refusal, RefusalReporter } from '../ports/refusal.js';
import type { ConnectionPort } from '../ports/connection-port.js';
import type { Frame } from '../ports/frame.js';
import { decodeAnnouncement, encodeAnnouncement } from './announcements.js';
import { Attendance } from './attendance.js';
import { Backlog } from './backlog.js';
import { ANSWER_MS } from './authorize.js';
import { bounded } from './bounded-auth.js';
import { contained } from './contained-ports.js';
import { ByteBudget } from './byte-budget.js';
import { connectionOf } from './chat-connection.js';
import { CLOSE } from './close-codes.js';
import { Deadlines } from './deadlines.js';
import { Door, refusal } from './door.js';
import { refusalOf, REVOKED } from './errors.js';
import { draining, ephemeral, MESSAGE_BYTES, welcome } from './frames.js';
import { Expiry } from './expiry.js';
import { GrowthLimits } from './growth-limits.js';
import { HookBudget } from './hook-budget.js';
import { Member } from './member.js';
import { GLOBAL, userIdProblem } from './names.js';
import { OnceAPod } from './once-a-pod.js';
import { ownText } from './own-text.js';
import type { Room } from './room.js';
import { RateLimits } from './rate-limits.js';
import { RefusalLog } from './refusal-log.js';
import { Revocations, type DisconnectOptions } from './revocations.js';
import { Rooms } from './rooms.js';
import type { HubOptions } from './hub-options.js';
import type { HubPorts, Services } from './services.js';
import { refusedOf, Session } from './session.js';
import { ShownNames } from './shown-names.js';
import { isMoment, MOMENT_EXPECTED } from './times.js';
import { carryOut } from './verbs/index.js';

const RETRY_MS = 1000;
/** How long a drain waits for requests under way: a little longer than a broadcaster may take to answer. */
const SETTLE_MS = 2500;
/** What a refusal says in `Retry-After`, in seconds. */
const RETRY_AFTER = 1;

const SENT_AWAY = 'sent away';

/** What a drain tells the clients. */
export interface Drain {
  readonly code: 1001 | 1012;
  readonly reason: string;
  /** Milliseconds after which one client may come back; asked for each of them. */
  readonly reconnectAfterMs: () => number;
}

/** Whether the hub can serve, and if not, why. */
export type HubHealth = { readonly ready: true } | { readonly ready: false; readonly reasons: string[] };

/** This pod's clients and rooms: takes what transports bring, and what the broadcaster tells. */
export class Hub implements ChatPort, BroadcastReceiver {
  readonly #services: Services;
  readonly #rooms: Rooms;
  readonly #door: Door;
  readonly #attendance: Attendance;
  /** Set once the global channel is subscribed. */
  #global: Room | undefined;
  #draining = false;
  #dropped = 0;

  /** @throws whatever reading the broadcaster's `traits` throws */
  constructor(given: HubPorts, options: HubOptions) {
    const ports = contained(given);
    const { broadcaster, clock, codec, logger, scheduler } = ports;
    const keepers = bounded(ports.keepers, ports);
    const encode = (text: string): Frame => codec.encode(text);
    const capacity = { frames: options.sendBuffer, bytes: options.roomBytes };
    const rings = new ByteBudget(options.ringBytesTotal);
    const growthLimits = new GrowthLimits(options, clock);
    // Without a log, what a message adds to is what pods keep for slow readers.
    const known = broadcaster.traits.retention ?? { messages: options.sendBuffer, bytes: options.roomBytes };
    const retention = growthLimits.isOff ? undefined : known;
    this.#rooms = new Rooms({ broadcaster, scheduler, encode, logger, capacity, rings, retention });
    const publisher = broadcaster.traits.sequenced ? broadcaster : new OnceAPod(broadcaster, clock);
    const publish: Services['publish'] = (channel, publication) => publisher.publish(channel, publication);
    const rates = new RateLimits(options, clock);
    const revocations = new Revocations(clock);
    this.#services = {
      ...ports,
      keepers,
      options,
      encode,
      extraBytes: (text) => codec.byteLength(text) - text.length,
      publish,
      rooms: this.#rooms,
      expiry: new Expiry(ports),
      deadlines: new Deadlines(ports, ANSWER_MS),
      refusals: new RefusalLog(ports),
      revocations,
      rates,
      growthLimits,
      backlog: new Backlog(),
      hookBudget: new HookBudget(),
    };
    this.#door = new Door(keepers, options.allowedOrigins, new ShownNames(ports));
    this.#attendance = new Attendance(options);
  }

  /** Connects to the other pods. A broker that is away is waited for in the background; meanwhile nobody is let in. */
  async start(): Promise<void> {
    const { broadcaster } = this.#services;
    await broadcaster.start(this);
    const opened = this.#openGlobal();
    if (broadcaster.health.ready) await opened;
  }

  get health(): HubHealth {
    const { health } = this.#services.broadcaster;
    const reasons = [
      ...(this.#draining ? ['draining'] : []),
      ...(health.ready ? [] : [health.reason]),
      ...(this.#global ? [] : ['not yet in contact with the broker']),
    ];
    return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
  }

  /** For what transports refuse by themselves: one log for all of a pod. */
  get refusals(): RefusalReporter {
    return this.#services.refusals;
  }

  /** Connections, rooms that this pod is subscribed to, and foreign payloads that were dropped since the start. */
  get counts(): { readonly connections: number; readonly rooms: number; readonly dropped: number } {
    return { connections: this.#attendance.size, rooms: this.#rooms.size, dropped: this.#dropped };
  }

  async knock(knock: Knock): Promise<Admission | Refusal> {
    const answer = await this.#judge(knock);
    if ('status' in answer) this.#services.refusals.knock(answer, knock.address);
    return answer;
  }

  async #judge(knock: Knock): Promise<Admission | Refusal> {
    if (this.#draining) return refusal(503, 'draining', 'this pod is shutting down', RETRY_AFTER);
    const address = ownText(knock.address);
    const wait = this.#services.rates.knock(address);
    if (wait > 0) return refusal(429, 'rate_limited', 'too many upgrades from this address', Math.ceil(wait / 1000));
    const answer = await this.#attendance.whileAsked(address, () => this.#door.knock(knock));
    if ('status' in answer) return answer;
    if (this.#services.revocations.covers(answer.identity))
      return { ...refusal(401, REVOKED.code, REVOKED.message), reason: 'revoked' };
    if (!this.#global) return refusal(503, 'unavailable', 'not yet in contact with the broker', RETRY_AFTER);
    return this.#attendance.refusal(answer.identity.user.id, answer.address) ?? answer;
  }

  open(connection: ConnectionPort, { identity, address, rooms }: Admission): ChatSession {
    // What was so when it knocked may have changed since.
    const full = this.#attendance.refusal(identity.user.id, address) !== undefined;
    const revoked = this.#services.revocations.covers(identity);
    const global = full || revoked || this.#draining ? undefined : this.#global;
    const onClosed = (gone: Session): void => this.#closed(gone, global !== undefined);
    const session = new Session({ connection, identity, address, services: this.#services, carryOut, onClosed });
    this.#attendance.add(session);
    if (!global) {
      const reason = revoked ? 'revoked' : full ? 'filled up since the knock' : 'not ready since the knock';
      this.#services.refusals.add(revoked ? 'token' : 'capacity', reason, { address });
      if (revoked) session.close(CLOSE.kicked, SENT_AWAY);
      else session.close(full ? CLOSE.overload : CLOSE.restart, 'try another pod');
      return session;
    }
    this.#welcome(session, identity, global);
    this.#services.expiry.watch(session);
    session.enqueue(() => this.#greet(session));
    for (const room of rooms) session.request({ verb: 'join', room });
    return session;
  }

  /** Lets nobody in any more, finishes what is under way, tells every client when to come back, and closes them all. */
  async drain({ code, reason, reconnectAfterMs }: Drain): Promise<void> {
    this.#draining = true;
    const { encode, scheduler } = this.#services;
    const { sessions } = this.#attendance;
    for (const session of sessions) session.stopReading();
    const settled = Promise.all(sessions.map((session) => session.waitUntilIdle()));
    await Promise.race([settled, new Promise<void>((resolve) => scheduler.later(SETTLE_MS, resolve))]);
    this.#rooms.flushAll();
    for (const session of this.#attendance.sessions) {
      session.say(encode(draining(reconnectAfterMs())));
      session.close(code, reason);
    }
  }

  /** Leaves the other pods. Call it when the transports are closed. */
  async close(): Promise<void> {
    this.#draining = true;
    await this.#services.broadcaster.close();
    this.#services.refusals.flush();
  }

  published(channel: Channel, first: number, frames: readonly Frame[]): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.append(first, frames);
    this.#rooms.touch(room);
  }

  lost(channel: Channel, from: number, to: number): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.appendLost(from, to);
    this.#rooms.touch(room);
  }

  reset(channel: Channel, position: Position): void {
    const room = this.#rooms.get(channel);
    if (!room) return;
    room.reset(position);
    this.#rooms.touch(room);
  }

  foreign(channel: Channel, payload: Uint8Array): void {
    const room = this.#rooms.get(channel);
    const { clock, codec, encode } = this.#services;
    const message = codec.decodeForeign(payload);
    const frame = message && encode(ephemeral({ ...message, channel, ts: clock.now() }));
    // Numbers may grow on their way: 1e20 has 21 digits.
    if (!frame || frame.length > MESSAGE_BYTES) return void this.#dropped++;
    if (!room) return;
    room.appendEphemeral(frame);
    this.#rooms.touch(room);
  }

  announced(text: string): void {
    const announcement = decodeAnnouncement(text);
    if (!announcement) return;
    const { disconnect: userId, at, issuedBefore } = announcement;
    const { revocations } = this.#services;
    // A guest that came back after the first time it was told does not go again.
    const isNews = revocations.add(userId, at, issuedBefore);
    for (const session of this.#attendance.of(userId)) {
      const { proof } = session;
      if (proof.issuedAt === undefined ? isNews : revocations.covers(proof)) session.close(CLOSE.kicked, SENT_AWAY);
    }
  }

  /**
   * Closes the connections of a user with 4403, here at once and soon on all pods, and lets no token in that was issued
   * to them before now or within 5 s, as clocks differ, or only those issued before a given moment.
   *
   * @returns whether the other pods will hear of it: `false` where the broker is away
   * @throws RangeError where nobody can have this id, or `issuedBefore` is no moment
   */
  async disconnect(userId: string, { issuedBefore }: DisconnectOptions = {}): Promise<boolean> {
    const problem = userIdProblem(userId);
    if (problem) throw new RangeError(`disconnect: ${problem.message}`);
    if (issuedBefore !== undefined && !isMoment(issuedBefore)) {
      throw new RangeError(`disconnect: expected issuedBefore in ${MOMENT_EXPECTED}, got ${String(issuedBefore)}`);
    }
    const { broadcaster, revocations } = this.#services;
    const text = encodeAnnouncement({
      disconnect: userId,
      at: revocations.next(userId),
      ...(issuedBefore !== undefined && { issuedBefore }),
    });
    this.announced(text);
    return (await broadcaster.announce(text)).status === 'announced';
  }

  async #openGlobal(): Promise<void> {
    const room = await this.#rooms.hold(GLOBAL);
    this.#global = room;
    if (!room && !this.#draining) this.#services.scheduler.later(RETRY_MS, () => void this.#openGlobal());
  }

  #welcome(session: Session, identity: Identity, global: Room): void {
    const { encode, options } = this.#services;
    const { messageBytes, heartbeatMs, roomsPerConnection } = options;
    const limits = { messageBytes, heartbeatMs, roomsPerConnection };
    session.say(encode(welcome({ connection: session.id, identity, global: global.position, ...limits })));
    void this.#rooms.hold(GLOBAL);
    session.enter(new Member(session, global));
    // A transport may hand over the first frames right behind this, and nothing may come before the welcome.
    session.flush();
    this.#services.logger.debug('connected', { connection: session.id, user: session.user.id });
  }

  async #greet(session: Session): Promise<void> {
    const { hooks, logger } = this.#services;
    try {
      await hooks.onConnect?.(connectionOf(session));
    } catch (cause) {
      const refused = refusalOf(cause);
      if (refused) {
        this.#services.refusals.add('abuse', `onConnect: ${refused.code}`, refusedOf(session));
        return session.close(CLOSE.policy, refused.code);
      }
      logger.error('onConnect failed', { connection: session.id, cause });
      session.close(CLOSE.serverFault, 'server fault');
    }
  }

  #closed(session: Session, wasWelcome: boolean): void {
    this.#attendance.remove(session);
    this.#services.expiry.forget(session);
    if (!wasWelcome) return;
    const { hooks, logger } = this.#services;
    logger.debug('disconnected', { connection: session.id });
    const failed = (cause: unknown): void => logger.error('onDisconnect failed', { connection: session.id, cause });
    try {
      void Promise.resolve(hooks.onDisconnect?.(connectionOf(session))).catch(failed);
    } catch (cause) {
      failed(cause);
    }
  }
}
