import { describe, expect, it } from 'vitest';
import { PinoLogger, type LogLevel } from '../../../src/adapters/pino/logger.js';

function logged(level: LogLevel | undefined): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = new PinoLogger({ destination, ...(level && { level }) });
  logger.debug('one');
  logger.info('listening', { port: 8001 });
  logger.warn('three', { reason: new Error('away') });
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
