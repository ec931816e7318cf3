import { Redis } from 'ioredis';
import { onTestFinished, vi } from 'vitest';

/** A command that Redis carried out; `script` where a script called it. */
export interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly script: boolean;
}

/** Writes down what a Redis carries out. */
export class RedisWatch {
  readonly redis: Redis;
  readonly #seen: Command[];
  #sentinels = 0;

  private constructor(redis: Redis, seen: Command[]) {
    this.redis = redis;
    this.#seen = seen;
  }

  static async of(url: string): Promise<RedisWatch> {
    const redis = new Redis(url);
    // What it asks by itself at first would come with the answer to MONITOR, which ioredis takes for an answer too many.
    await redis.ping();
    const monitor = await redis.monitor();
    onTestFinished(() => [redis, monitor].forEach((client) => client.disconnect()));
    const seen: Command[] = [];
    monitor.on('monitor', (_time: string, [name = '', ...args]: string[], source: string) => {
      seen.push({ name: name.toLowerCase(), args, script: source === 'lua' });
    });
    return new RedisWatch(redis, seen);
  }

  /** What was carried out since the last time, up to now. */
  async take(): Promise<Command[]> {
    const sentinel = `sentinel ${++this.#sentinels}`;
    const find = (): number => this.#seen.findIndex(({ name, args }) => name === 'echo' && args[0] === sentinel);
    await this.redis.echo(sentinel);
    await vi.waitUntil(() => find() >= 0, { interval: 5, timeout: 5000 });
    return this.#seen.splice(0, find() + 1).slice(0, -1);
  }

  /** What is carried out from now on until it is enough. */
  async takeUntil(isEnough: (commands: readonly Command[]) => boolean): Promise<Command[]> {
    const commands: Command[] = [];
    const look = async (): Promise<boolean> => {
      commands.push(...(await this.take()));
      return isEnough(commands);
    };
    await vi.waitUntil(look, { interval: 50, timeout: 20_000 });
    return commands;
  }
}
