import { expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../../src/app/config.js';
import { withinOpenFiles } from '../../../src/app/open-files.js';

const config = loadConfig({ MAX_CONNECTIONS: '1000' });

it.each([undefined, 1128, 5000])('MAX_CONNECTIONS stays where open files suffice: %s', (limit) => {
  expect(withinOpenFiles(config, limit)).toEqual({ config });
});

it('MAX_CONNECTIONS is lowered to what open files have room for', () => {
  expect(withinOpenFiles(config, 1127)).toEqual({
    config: { ...config, MAX_CONNECTIONS: 999 },
    lowered: { from: 1000, to: 999, openFiles: 1127, needed: 1128 },
  });
  expect(withinOpenFiles(config, 129).config.MAX_CONNECTIONS).toBe(1);
});

it('a pod does not start where there is no room for one connection, and names ulimit -n', () => {
  expect(() => withinOpenFiles(config, 128)).toThrow(
    new ConfigError(['ulimit -n: expected at least 129 open files, got 128']),
  );
});
