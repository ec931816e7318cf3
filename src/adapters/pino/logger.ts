import { pino, stdTimeFunctions, type DestinationStream, type Level } from 'pino';
import type { Logger } from '../../ports/system.js';
import { LineWriter } from '../node/line-writer.js';
import { describeCause } from './cause.js';

const STDOUT = 1;

/** `silent` logs nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface PinoLoggerOptions {
  /** The least level that is written. @default 'info' */
  readonly level?: LogLevel;
  /** Where lines go. @default standard output, written at once; a line that cannot be written waits and blocks nothing */
  readonly destination?: DestinationStream;
}

/** One JSON object a line: `level` as a word, `time` in ISO 8601, `msg` is the event, and its fields, a failure under `cause`. */
export class PinoLogger implements Logger {
  readonly #write: (level: Level, event: string, fields: Readonly<Record<string, unknown>> | undefined) => void;

  constructor({ level = 'info', destination }: PinoLoggerOptions = {}) {
    const logger = pino(
      {
        level,
        base: null,
        serializers: { cause: describeCause },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      destination ?? this.#standardOutput(),
    );
    this.#write = (at, event, fields) => (fields ? logger[at](fields, event) : logger[at](event));
  }

  debug(event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('error', event, fields);
  }

  /** An error, so that every level but `silent` reports the hole in the log. */
  #standardOutput(): DestinationStream {
    return new LineWriter(STDOUT, { onDropped: (lines) => this.error('log lines were dropped', { lines }) });
  }
}
