import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Questions } from './questions.js';

/**
 * The scripts as one run of Redis knows them. The id of the run stands in their text, so a call that is sent again to
 * another run, behind our back, is refused there instead of being carried out on a log that may have been rewound.
 */
export class ScriptsOfRun {
  readonly #redis: Redis;
  readonly #constants: string;
  readonly #questions: Questions;
  readonly #digests = new Map<string, string>();

  constructor(redis: Redis, { id, seal }: { readonly id: string; readonly seal: string }, questions: Questions) {
    this.#redis = redis;
    this.#constants = `local run, seal = '${id}', '${seal}'`;
    this.#questions = questions;
  }

  /**
   * Makes the scripts known.
   *
   * @param redis says it to this run and no other: where another run knows them too, it refuses nothing
   */
  async load(redis: Redis, sources: readonly string[]): Promise<void> {
    await Promise.all(sources.map((source) => this.#load(redis, source)));
  }

  /** Runs a script. Rejects with NOSCRIPT where Redis is another run by now. */
  call(source: string, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const digest = this.#digests.get(source) ?? '';
    return this.#questions.ask(this.#redis.callBuffer('EVALSHA', digest, keys.length, ...keys, ...args));
  }

  async #load(redis: Redis, source: string): Promise<void> {
    const text = `${this.#constants}\n${source}`;
    await redis.script('LOAD', text);
    this.#digests.set(source, createHash('sha1').update(text).digest('hex'));
  }
}
