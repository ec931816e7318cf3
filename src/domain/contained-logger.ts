import type { Logger } from '../ports/system.js';
import { isThenable } from './thenable.js';

type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

const UNREADABLE = 'the logger could not read it';

/** A logger that cannot harm its caller. What it throws or rejects with is dropped: there is no other place to report it. */
class ContainedLogger implements Logger {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  debug(event: string, fields?: Fields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: Fields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: Fields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: Fields): void {
    this.#write('error', event, fields);
  }

  #write(level: Level, event: string, fields: Fields | undefined): void {
    // A cause may be hostile, such as a revoked proxy: reading it throws. The event is worth a second try without it.
    const written = this.#try(level, event, fields);
    if (!written && fields && 'cause' in fields) this.#try(level, event, { ...fields, cause: UNREADABLE });
  }

  #try(level: Level, event: string, fields: Fields | undefined): boolean {
    try {
      const answer: unknown = fields ? this.#logger[level](event, fields) : this.#logger[level](event);
      if (isThenable(answer)) answer.then(undefined, () => {});
      return true;
    } catch {
      return false;
    }
  }
}

/** Makes a logger safe to call from anywhere, once. */
export function containedLogger(logger: Logger): Logger {
  return logger instanceof ContainedLogger ? logger : new ContainedLogger(logger);
}
