import { GuestAuth } from '../../src/adapters/guest/guest-auth.js';
import { JsonCodec } from '../../src/adapters/json/codec.js';
import { MemoryBroadcaster } from '../../src/adapters/memory/index.js';
import { RandomIds } from '../../src/adapters/node/ids.js';
import { Hub } from '../../src/domain/hub.js';
import type { HubOptions } from '../../src/domain/hub-options.js';
import type { HubPorts } from '../../src/domain/services.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import type { ChatSession } from '../../src/ports/chat-port.js';
import type { ConnectionPort } from '../../src/ports/connection-port.js';
import type { Batch } from '../../src/ports/frame.js';
import type { Logger, Scheduler } from '../../src/ports/system.js';
import { ManualClock } from './manual-clock.js';

/** A frame as a client reads it. */
export interface Received {
  readonly type: string;
  readonly re?: string;
  readonly room?: string;
  readonly offset?: number;
  readonly id?: string;
  readonly from?: { readonly id: string; readonly name: string };
  readonly data: Record<string, unknown>;
}

/** Runs what is due only when it is told to. */
export class ManualScheduler implements Scheduler {
  /** What was asked to be later, in milliseconds. */
  readonly delays: number[] = [];
  #soon: (() => void)[] = [];
  #later: (() => void)[] = [];

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  later(delayMs: number, task: () => void): void {
    this.delays.push(delayMs);
    this.#later.push(task);
  }

  /** One turn of the event loop. */
  turn(): void {
    const due = this.#soon;
    this.#soon = [];
    for (const task of due) task();
  }

  /** Lets all delays pass. */
  pass(): void {
    const due = this.#later;
    this.#later = [];
    for (const task of due) task();
  }
}

/** Collects what was logged. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: unknown }[] = [];
  readonly debug = this.#take('debug');
  readonly info = this.#take('info');
  readonly warn = this.#take('warn');
  readonly error = this.#take('error');

  #take(level: string) {
    return (event: string, fields?: unknown): void => void this.lines.push({ level, event, fields });
  }
}

/** The server's end of a connection to nobody: keeps what it is sent, and is as slow as a test wants. */
export class TestConnection implements ConnectionPort {
  writable = true;
  paused = false;
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly batches: Batch[] = [];

  send(batch: Batch): void {
    if (!this.closed) this.batches.push(batch);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }
}

export class TestClient {
  readonly connection = new TestConnection();
  readonly #pod: TestPod;
  readonly #session: ChatSession;
  #read = 0;

  constructor(pod: TestPod, open: (connection: ConnectionPort) => ChatSession) {
    this.#pod = pod;
    this.#session = open(this.connection);
  }

  /** Says something without letting time go on. */
  push(frame: unknown): void {
    this.#session.received(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Says something, and reads what it then gets. */
  async send(frame: unknown): Promise<Received[]> {
    this.push(frame);
    await this.#pod.settle();
    return this.take();
  }

  /** What came since it was last asked. */
  take(): Received[] {
    const frames = this.connection.batches.flatMap((batch) => batch.frames);
    const fresh = frames.slice(this.#read).map((frame) => JSON.parse(new TextDecoder().decode(frame)) as Received);
    this.#read = frames.length;
    return fresh;
  }

  drain(): void {
    this.connection.writable = true;
    this.#session.drained();
  }

  leave(): void {
    this.#session.closed();
  }
}

/** What a client brings besides its query. */
interface KnockHeaders {
  readonly origin?: string;
  readonly protocols?: string[];
  readonly authorization?: string;
  readonly address?: string;
}

export interface TestPodOptions {
  readonly options?: Partial<HubOptions>;
  readonly ports?: Partial<HubPorts>;
  readonly historySize?: number;
}

/** A hub on the memory broadcaster, with time in the test's hands and no socket anywhere. */
export class TestPod {
  readonly clock = new ManualClock();
  readonly scheduler = new ManualScheduler();
  readonly logger = new RecordingLogger();
  readonly broadcaster: BroadcastPort;
  readonly hub: Hub;

  constructor({ options, ports, historySize = 100 }: TestPodOptions = {}) {
    this.broadcaster = new MemoryBroadcaster({ historySize, clock: this.clock });
    const { broadcaster, clock, scheduler, logger } = this;
    const keepers = { guests: new GuestAuth(), authRequired: false };
    const own = { broadcaster, clock, scheduler, logger, codec: new JsonCodec(), ids: new RandomIds(clock) };
    this.hub = new Hub({ ...own, keepers, hooks: {}, ...ports }, { ...defaults, ...options });
  }

  static async started(options?: TestPodOptions): Promise<TestPod> {
    const pod = new TestPod(options);
    await pod.hub.start();
    return pod;
  }

  /** Lets in a client; its welcome and the acks of its rooms are read already. */
  async enter(query = '', headers: KnockHeaders = {}): Promise<TestClient> {
    const client = await this.arrive(query, headers);
    client.take();
    return client;
  }

  async arrive(query = '', headers: KnockHeaders = {}): Promise<TestClient> {
    const answer = await this.knock(query, headers);
    if ('status' in answer) throw new Error(`refused: ${answer.message}`);
    const client = new TestClient(this, (connection) => this.hub.open(connection, answer));
    await this.settle();
    return client;
  }

  knock(query = '', headers: KnockHeaders = {}) {
    return this.hub.knock({
      query: new URLSearchParams(query),
      origin: headers.origin,
      host: 'chat.example',
      authorization: headers.authorization,
      protocols: headers.protocols ?? [],
      address: headers.address ?? '192.0.2.1',
    });
  }

  /** Lets turns pass until all that is under way has come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      for (let step = 0; step < 20; step++) await Promise.resolve();
      this.scheduler.turn();
    }
  }
}

const defaults: HubOptions = {
  messageBytes: 65_536,
  heartbeatMs: 30_000,
  sendBuffer: 256,
  roomBytes: 1024 * 1024,
  ringBytesTotal: 256 * 1024 * 1024,
  roomsPerConnection: 100,
  rateLimit: 0,
  rateLimitBytes: 0,
  rateLimitGlobal: 0,
  rateLimitRooms: 0,
  rateLimitReads: 0,
  rateLimitUser: 0,
  rateLimitAddress: 0,
  upgradeRate: 0,
  growthLimitUser: 0,
  growthLimitAddress: 0,
  maxConnections: 1000,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerUser: 50,
  allowedOrigins: [],
};
