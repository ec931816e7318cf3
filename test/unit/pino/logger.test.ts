import { describe, expect, it } from 'vitest';
import { PinoLogger, type LogLevel } from '../../../src/adapters/pino/logger.js';

/** The lines of what somebody logs. */
function linesOf(log: (logger: PinoLogger) => void): string[] {
  const lines: string[] = [];
  log(new PinoLogger({ destination: { write: (line) => void lines.push(line) } }));
  return lines;
}

function logged(level: LogLevel | undefined): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = new PinoLogger({ destination, ...(level && { level }) });
  logger.debug('one');
  logger.info('listening', { port: 8001 });
  logger.warn('three', { cause: 'away' });
  logger.error('four');
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

describe('PinoLogger', () => {
  it('writes one JSON object a line, with the event and its fields', () => {
    const [listening] = logged(undefined);
    expect(listening).toStrictEqual({
      level: 'info',
      time: expect.any(String),
      msg: 'listening',
      port: 8001,
    });
    expect(Date.parse(String(listening?.['time']))).not.toBeNaN();
  });

  it.each([
    ['debug', ['one', 'listening', 'three', 'four']],
    ['info', ['listening', 'three', 'four']],
    ['warn', ['three', 'four']],
    ['error', ['four']],
    ['silent', []],
  ] as const)('from %s on', (level, events) => {
    expect(logged(level).map((line) => line['msg'])).toStrictEqual(events);
  });
});

describe('a failure', () => {
  const causeOf = (cause: unknown): unknown => {
    const [line = ''] = linesOf((logger) => logger.error('request failed', { cause }));
    return JSON.parse(line).cause;
  };

  it('is told by name, text, code and stack, and so are those behind it', () => {
    const behind = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(causeOf(new RangeError('away', { cause: behind }))).toStrictEqual({
      name: 'RangeError',
      message: 'away',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { name: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: expect.stringContaining('refused') },
    });
  });

  it('is told in words where it is some, and not in full where it is a thing', () => {
    expect(causeOf('no answer within 2000 ms')).toBe('no answer within 2000 ms');
    expect(causeOf({ token: 'canary' })).toBe('an object that is no error');
    expect(causeOf(null)).toBe(null);
  });

  it('ends where errors go round in a circle', () => {
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    expect(JSON.stringify(causeOf(first)).match(/"message":"first"/g)).toHaveLength(2);
  });

  it.each([
    ['what it carries', Object.assign(new Error('failed'), { command: { args: ['canary'] }, payload: 'canary' })],
    ['what it carries in depth', new Error('failed', { cause: Object.assign(new Error('ERR'), { input: 'canary' }) })],
    ['text that was no JSON', thrownBy(() => JSON.parse('canary'))],
    ['long text that was no JSON', thrownBy(() => JSON.parse(`{"a": "${'b'.repeat(100)}", canary "c" }`))],
    ['quotes around text that was no JSON', thrownBy(() => JSON.parse('canary "is not valid JSON" canary'))],
  ])('does not tell %s', (_what, cause) => {
    const line = JSON.stringify(causeOf(cause));
    expect(line).toMatch(/failed|JSON/);
    expect(line).not.toContain('canary');
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
