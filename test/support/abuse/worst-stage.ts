import { onTestFinished } from 'vitest';
import { ChatClient } from '../chat-client.js';
import { SECRET, token } from '../jwt.js';
import { PodProcess } from '../pod-process.js';
import { startRedis, type RedisServer } from '../redis.js';
import { Crowd } from './crowd.js';

const GUESTS = (name: string) => ({ name });
const TOKENS = new Map<string, string>();
for (const name of ['Ada', 'Grace', 'Alan']) TOKENS.set(name, await token({ sub: name.toLowerCase(), name }));
const USERS = (name: string) => ({ token: TOKENS.get(name) ?? '' });

/**
 * The crowd waits 20 s, in turns of 100 ms: a pod this busy may answer late. On a slow machine the pod may even believe
 * that Redis is away. It refuses messages then, and the crowd sends them again.
 */
const PATIENT = { patienceTurns: 200, retries: true };

export type Broker = 'Redis' | 'memory';

/** Bytes of memory, by their holder. */
export type Sample = Readonly<Record<string, number>>;

/**
 * Two pods at default settings, over one Redis or each in memory: a pod takes either guests or tokens. A crowd chats on
 * them, across both if Redis connects them. The room `fill` holds five of the longest messages.
 */
export class Stage {
  readonly guests: PodProcess;
  readonly users: PodProcess;
  readonly crowds: readonly Crowd[];
  readonly #redis: RedisServer | undefined;

  private constructor(guests: PodProcess, users: PodProcess, crowds: readonly Crowd[], redis: RedisServer | undefined) {
    this.guests = guests;
    this.users = users;
    this.crowds = crowds;
    this.#redis = redis;
  }

  static async build(broker: Broker): Promise<Stage> {
    const redis = broker === 'Redis' ? await startRedis() : undefined;
    if (redis) onTestFinished(() => redis.stop());
    const env = redis ? { REDIS_URL: redis.url } : {};
    const guests = await podUntilTheEnd(env);
    const users = await podUntilTheEnd({ ...env, AUTH_ENABLED: 'true', JWT_SECRET: SECRET });
    for (const [pod, query] of [
      [guests, {}],
      [users, USERS('Ada')],
    ] as const)
      await fillRoom(pod, query);
    const portOf = (name: string): number => (name === 'Grace' ? users : guests).port;
    const proofOf = (name: string) => (name === 'Grace' ? USERS(name) : GUESTS(name));
    const crowds = redis
      ? [await Crowd.gather(portOf, proofOf, PATIENT)]
      : [await Crowd.gather(guests.port, GUESTS, PATIENT), await Crowd.gather(users.port, USERS, PATIENT)];
    return new Stage(guests, users, crowds, redis);
  }

  async sample(): Promise<Sample> {
    const pods = { 'pod of guests': this.guests.memory.now, 'pod of users': this.users.memory.now };
    if (!this.#redis) return pods;
    const info = await this.#redis.cli('INFO', 'memory');
    return { ...pods, Redis: Number(/used_memory:(\d+)/.exec(info)?.[1]) };
  }

  /** How many messages of the crowd were refused and sent again. */
  get refused(): number {
    return this.crowds.reduce((sum, crowd) => sum + crowd.refused, 0);
  }

  async leave(): Promise<void> {
    for (const crowd of this.crowds) await crowd.leave();
  }
}

async function podUntilTheEnd(env: Readonly<Record<string, string>>): Promise<PodProcess> {
  const pod = await PodProcess.start(env);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

async function fillRoom(pod: PodProcess, query: Readonly<Record<string, string>>): Promise<void> {
  const client = await ChatClient.connect(pod.port, { rooms: ['fill'], query });
  for (let n = 0; n < 5; n++) await client.say('x'.repeat(65_000), 'fill');
  await client.close();
}
