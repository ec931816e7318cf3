import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../src/adapters/node/silent-logger.js';
import { TOKENS } from '../../../src/app/tokens.js';
import { podContainer, startContainer } from '../pods.js';
import { startRedis, type RedisServer } from '../redis.js';
import type { Verdict } from './audit.js';
import { ChaosProxy } from './chaos-proxy.js';
import { FaultClient, type FaultClientOptions } from './fault-client.js';
import { Ledger, type Place } from './ledger.js';
import { Load } from './load.js';
import { UNLIMITED } from '../unlimited.js';

/** How long anything may take that has to happen, in milliseconds. */
const DEADLINE_MS = 30_000;
/** What is found out by itself is found out within this time, as docs/protocol.md promises. */
export const PROMISED_MS = 5000;
/** So that a history ends by the number of messages alone, in the tests that let it end. */
const HISTORY_BYTES = String(1024 ** 3);
const ROUNDS = Number(process.env['HUBBUB_ROUNDS'] ?? (process.env['HUBBUB_FULL'] === '1' ? 10 : 1));

/** A Redis that loses nothing that it has answered. */
export const LASTING: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A pod, and its own way to Redis. */
export interface StagePod {
  readonly port: number;
  readonly proxy: ChaosProxy;
}

export interface StageOptions {
  /** Arguments for `redis-server`. */
  readonly redis?: readonly string[];
  /** @default 3 */
  readonly pods?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The empty name is the global channel. */
  readonly rooms?: readonly string[];
  /** Clients of each pod; every other one insists on an answer. */
  readonly clients?: number;
  /** How the clients of a pod connect, by the pod they belong to. @default always to that pod */
  readonly enter?: (pod: number) => EnterOptions;
  /** Starts a pod that ends with the test; answers its port. */
  readonly start?: (env: Readonly<Record<string, string>>, index: number) => Promise<number>;
}

type Env = Readonly<Record<string, string>>;

export type EnterOptions = Partial<Pick<FaultClientOptions, 'insists' | 'session' | 'padding'>> & {
  /** Which pod to connect to, or what says so for each connection. */
  readonly pod: number | (() => number);
};

/** A Redis, pods that reach it through a proxy each, and clients of which a ledger is kept. */
export class Stage {
  readonly redis: RedisServer;
  readonly pods: StagePod[];
  readonly rooms: readonly string[];
  readonly ledger = new Ledger();
  readonly clients: FaultClient[] = [];
  #load: Load | undefined;

  private constructor(redis: RedisServer, pods: StagePod[], rooms: readonly string[]) {
    this.redis = redis;
    this.pods = pods;
    this.rooms = rooms;
  }

  /** Everything ends with the test. */
  static async set(options: StageOptions = {}): Promise<Stage> {
    const { pods: count = 3, rooms = ['lobby', 'side', ''], clients = 4 } = options;
    const redis = await startRedis({ args: options.redis ?? [] });
    onTestFinished(() => redis.stop());
    const stage = new Stage(redis, [], rooms);
    const start = options.start ?? ((env: Env) => startAudited(env, stage.ledger));
    for (let index = 0; index < count; index++)
      stage.pods.push(await addPod(redis, options.env, (env) => start(env, index)));
    const { enter = (pod) => ({ pod }) } = options;
    for (let n = 0; n < clients * count; n++) {
      stage.enter({ insists: Math.floor(n / count) % 2 === 0, ...enter(n % count) });
    }
    await stage.allReady();
    return stage;
  }

  get proxies(): ChaosProxy[] {
    return this.pods.map(({ proxy }) => proxy);
  }

  pod(index: number): StagePod {
    const pod = this.pods[index];
    if (!pod) throw new Error(`there is no pod ${index}`);
    return pod;
  }

  /** Lets another client in; the pod may be one of several, each time it connects. */
  enter(options: EnterOptions): FaultClient {
    const { pod, insists = true, ...rest } = options;
    const port = (): number => this.pod(typeof pod === 'number' ? pod : pod()).port;
    const { ledger, rooms } = this;
    const client = new FaultClient({ name: `client-${this.clients.length}`, ledger, rooms, port, insists, ...rest });
    this.clients.push(client);
    onTestFinished(() => client.end());
    return client;
  }

  /** Messages begin to flow from everyone. */
  load(perSecond: number, from: (client: FaultClient) => boolean = () => true): void {
    this.#load = new Load(this.clients.filter(from), this.rooms, perSecond);
    const load = this.#load;
    onTestFinished(() => load.stop());
  }

  /** Waits until as many more messages have been acked: that it works, again. */
  async flows(messages = 100): Promise<void> {
    const acked = (): number => [...this.ledger.sendings.values()].filter(({ receipt }) => receipt).length;
    const before = acked();
    await until(() => acked() >= before + messages, `${messages} more acks`);
  }

  /** Waits until a pod takes and answers messages, again. */
  async flowsThrough(pod: number): Promise<void> {
    const client = this.clients[pod];
    const id = client?.send(this.rooms[0] ?? '');
    if (id !== undefined)
      await until(() => this.ledger.sendings.get(id)?.receipt !== undefined, `an ack by pod ${pod}`);
  }

  /** Waits until every client was told of a reset of each of its rooms. */
  allReset(deadlineMs: number): Promise<void> {
    const told = ({ name }: FaultClient, room: string): boolean =>
      this.ledger.gapsOf(name, room).some(({ cause }) => cause === 'reset');
    const all = () => this.clients.every((client) => this.rooms.every((room) => told(client, room)));
    return until(all, 'the reset, everywhere', deadlineMs);
  }

  async allReady(): Promise<void> {
    const late = (): string[] => this.clients.filter(({ ready }) => !ready).map(({ name }) => name);
    await until(() => late().length === 0, 'all clients in all rooms').catch((cause: unknown) => {
      throw new Error(`${String(cause)}; late: ${late().join(', ')}`, { cause });
    });
  }

  /** Ends the load, and waits until everything has its answer. */
  async rest(): Promise<void> {
    this.#load?.stop();
    await this.allReady();
    await until(() => this.clients.every(({ outbox }) => outbox.size === 0), 'an answer to everything');
    // Nobody may have to wait for another message to get what is there.
    for (const room of this.rooms) {
      const last = this.ledger.lastOf(room);
      const late = (): string[] => this.clients.filter((one) => one.lags(room, last)).map(({ name }) => name);
      await until(() => late().length === 0, `the last of ${room || 'all'} everywhere`, PROMISED_MS).catch(
        (error: unknown) => this.ledger.complain(`${String(error)}; late: ${late().join(', ')}`),
      );
    }
  }

  /** Lets all come to rest, and answers what became of everything. */
  async settle(name: string): Promise<Verdict> {
    await this.rest();
    for (const room of this.rooms) await this.#compare(room);
    const verdict = this.ledger.audit();
    const { sent, acked, refused, lost, repeated, gaps } = verdict;
    const slowest = Math.round(Math.max(...this.clients.map(({ outbox }) => outbox.slowest)));
    const figures = `sent ${sent}, acked ${acked}, refused ${refused}, lost ${lost}, repeated ${repeated}, gaps ${gaps}`;
    console.info(`${name}: ${figures}; slowest answer ${slowest} ms`);
    expect(verdict.faults.slice(0, 10)).toEqual([]);
    return verdict;
  }

  /** A last message goes to everyone: who has it has all that came before, and the history holds the same. */
  async #compare(room: string): Promise<void> {
    const speaker = this.clients.find(({ insists }) => insists);
    const id = speaker?.send(room);
    if (!speaker || id === undefined) throw new Error('nobody can say the last word');
    const place = (): Place | undefined => this.ledger.sendings.get(id)?.receipt;
    await until(() => place() !== undefined, 'the ack of the last message');
    const last = place() ?? { epoch: '', offset: 0 };
    const late = (): string[] => this.clients.filter((one) => !one.hasReached(room, last)).map(({ name }) => name);
    // Who does not get there is found by the audit, which says what it misses.
    await until(() => late().length === 0, 'the last message everywhere').catch((error: unknown) => {
      this.ledger.complain(`${String(error)}; late: ${late().join(', ')}`);
    });
    const frames = await speaker.history(room);
    const stored = frames.map(({ offset = 0, id: message, data }) => {
      return { epoch: last.epoch, offset, message: String(message), sending: String(data.content) };
    });
    this.ledger.stored(room, stored);
  }
}

async function addPod(
  redis: RedisServer,
  env: Env | undefined,
  start: (env: Env) => Promise<number>,
): Promise<StagePod> {
  const proxy = await ChaosProxy.before(redis.port);
  onTestFinished(() => proxy.close());
  const port = await start({ REDIS_URL: proxy.url, ...UNLIMITED, HISTORY_SIZE: '5000', HISTORY_BYTES, ...env });
  return { port, proxy };
}

/** A pod that says in its log that something is broken is at fault, even where it made up for it. */
async function startAudited(env: Env, ledger: Ledger): Promise<number> {
  const container = podContainer(env);
  const error = (event: string, fields?: object): void => ledger.complain(`${event}: ${JSON.stringify(fields)}`);
  container.rebind(TOKENS.logger).toConstantValue({ ...silentLogger, error });
  return (await startContainer(container)).port;
}

/** Waits for a condition. */
export async function until(condition: () => boolean, what: string, deadlineMs = DEADLINE_MS): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(20);
  }
}

/** How long a fault lasts: the one wait that is for time and not for a condition. */
export function lasting(ms: number): Promise<void> {
  return pause(ms);
}

/** A test that runs once, and ten times with `HUBBUB_FULL=1`; or as often as `HUBBUB_ROUNDS` says. */
export function scenario(name: string, run: (name: string) => Promise<void>): void {
  for (let round = 1; round <= ROUNDS; round++) {
    const title = ROUNDS === 1 ? name : `${name}, round ${round}`;
    it(title, { timeout: 180_000 }, () => run(title));
  }
}
