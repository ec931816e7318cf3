import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Questions } from './questions.js';

/**
 * The scripts as one run of Redis knows them. The id of the run stands in their text, so a call that is sent again to
 * another run, behind our back, is refused there instead of being carried out on a log that may have been rewound.
 */
export class ScriptsOfRun {
  readonly run: string;
  readonly #redis: Redis;
  readonly #questions: Questions;
  readonly #digests = new Map<string, string>();

  constructor(redis: Redis, run: string, questions: Questions) {
    this.#redis = redis;
    this.#questions = questions;
    this.run = run;
  }

  /** Makes the scripts known. */
  async load(sources: readonly string[]): Promise<void> {
    for (const source of sources) {
      const text = `local run = '${this.run}'\n${source}`;
      await this.#redis.script('LOAD', text);
      this.#digests.set(source, createHash('sha1').update(text).digest('hex'));
    }
  }

  /** Runs a script. Rejects with NOSCRIPT where Redis is another run by now. */
  call(source: string, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const digest = this.#digests.get(source) ?? '';
    return this.#questions.ask(this.#redis.callBuffer('EVALSHA', digest, keys.length, ...keys, ...args));
  }
}

/** The id that Redis gave itself at its start. */
export async function runOf(redis: Redis): Promise<string> {
  const run = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1];
  if (run === undefined) throw new Error('redis: expected a run_id in INFO server, got none');
  return run;
}
