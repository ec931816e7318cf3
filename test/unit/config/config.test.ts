import { describe, expect, it } from 'vitest';
import { ConfigError, configTable, loadConfig } from '../../../src/app/config.js';
import { changedSettings } from '../../../src/app/config/changed.js';

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      expect(error.message).toBe(error.faults.join('\n'));
      return error.faults;
    }
    throw error;
  }
  return [];
}

const SECRET = 'thirty-two characters, or more than that';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toStrictEqual({
      PORT: 8001,
      HOST: '0.0.0.0',
      BASE_PATH: '/api/chat-api',
      REDIS_PREFIX: 'realtime',
      REDIS_SUBSCRIBE: 'rooms',
      ALLOWED_ORIGINS: [],
      TRUSTED_PROXIES: [],
      MAX_MESSAGE_BYTES: 65_536,
      SEND_BUFFER: 256,
      SEND_BUFFER_BYTES: 4_194_304,
      HISTORY_SIZE: 100,
      HISTORY_BYTES: 1_048_576,
      HISTORY_BYTES_TOTAL: 268_435_456,
      RING_BYTES_TOTAL: 268_435_456,
      REDIS_HISTORY_BYTES_TOTAL: 0,
      HISTORY_TTL: 86_400,
      MAX_CONNECTIONS: 20_000,
      MAX_ROOMS_PER_CONNECTION: 100,
      MAX_CONNECTIONS_PER_ADDRESS: 0,
      MAX_CONNECTIONS_PER_USER: 50,
      RATE_LIMIT: 50,
      RATE_LIMIT_BYTES: 131_072,
      RATE_LIMIT_GLOBAL: 5,
      RATE_LIMIT_ROOMS: 20,
      RATE_LIMIT_READS: 10,
      RATE_LIMIT_USER: 5,
      RATE_LIMIT_ADDRESS: 0,
      UPGRADE_RATE: 0,
      GROWTH_LIMIT_USER: 50_331_648,
      GROWTH_LIMIT_ADDRESS: 50_331_648,
      HEARTBEAT_MS: 30_000,
      DRAIN_MS: 10_000,
      LOG_LEVEL: 'info',
      AUTH_ENABLED: false,
    });
  });

  it('takes an empty variable as unset', () => {
    const empty = Object.fromEntries(Object.keys(loadConfig({})).map((name) => [name, '']));
    expect(loadConfig({ ...empty, REDIS_URL: '', ALLOWED_ORIGINS: '' })).toStrictEqual(loadConfig({}));
  });

  it.each([
    ['PORT', '0', 0],
    ['PORT', '65535', 65_535],
    ['HOST', '::1', '::1'],
    ['BASE_PATH', '/', ''],
    ['BASE_PATH', '/chat', '/chat'],
    ['BASE_PATH', '/a/.well-known/b~c', '/a/.well-known/b~c'],
    ['REDIS_URL', 'redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
    ['REDIS_URL', 'rediss://user:p%40ss@redis.example/2', 'rediss://user:p%40ss@redis.example/2'],
    ['REDIS_URL', 'redis://[::1]:6379/0', 'redis://[::1]:6379/0'],
    ['REDIS_SUBSCRIBE', 'pattern', 'pattern'],
    ['ALLOWED_ORIGINS', '*', ['*']],
    ['ALLOWED_ORIGINS', 'https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
    ['RATE_LIMIT', '0', 0],
    ['RATE_BURST', '7', 7],
    ['HISTORY_SIZE', '0', 0],
    ['AUTH_ENABLED', 'false', false],
    ['LOG_LEVEL', 'silent', 'silent'],
  ])('%s=%s', (name, text, value) => {
    expect(loadConfig({ [name]: text })).toHaveProperty(name, value);
  });

  it.each(['80x', '-1', '1.5', '65536', '0x50', '8e3', '080', ' 80', '٣', 'NaN', '99999999999999999999'])(
    'refuses PORT=%s',
    (text) => {
      expect(faultsOf({ PORT: text })).toStrictEqual([
        `PORT: expected an integer from 0 to 65535, got ${JSON.stringify(text)}`,
      ]);
    },
  );

  const path = 'expected a path that begins with / and does not end with it, or / for none';
  it.each(['chat', '/chat/', '//', '/a//b', '/a b', '/a?b', '/a#b', '/..', '/a/./b', '/a/..', '/é', '/a%2f', '/a\n'])(
    'refuses BASE_PATH=%j',
    (text) => {
      expect(faultsOf({ BASE_PATH: text })).toStrictEqual([`BASE_PATH: ${path}, got ${JSON.stringify(text)}`]);
    },
  );

  it.each([
    'https://a.example/',
    'https://a.example/path',
    'https://A.example',
    'https://a.example:443',
    'a.example',
    'ws://a.example',
    'null',
    'https://a.example,',
    'https://a.example,*',
    'https://*.example',
  ])('refuses ALLOWED_ORIGINS=%s', (text) => {
    expect(faultsOf({ ALLOWED_ORIGINS: text })).toStrictEqual([
      `ALLOWED_ORIGINS: expected * or a comma list of exact origins such as https://chat.example.com, got "${text}"`,
    ]);
  });

  it.each([
    'http://user:hunter2@redis.example',
    'user:hunter2@redis.example',
    'redis://:hunter2@redis.example/x',
    'redis://:hunter2@redis.example?db=1',
    'redis://:hunter2@',
    'hunter2',
  ])('refuses REDIS_URL=%s and keeps it to itself', (text) => {
    const [fault, ...more] = faultsOf({ REDIS_URL: text });
    expect(more).toStrictEqual([]);
    expect(fault).toMatch(/^REDIS_URL: expected redis:\/\/.*, got (another URL that begins with \w+:|something else)/);
    expect(fault).not.toContain('hunter2');
  });

  it.each([
    ['redis://user:hun/ter2@host:6379', /not percent-encoded \(\/ is written %2F/],
    ['redis://user:12/hunter2@host:6379', /not percent-encoded/],
    ['rediss://user:hun#ter2@host', /# %23/],
    ['redis://user:hun?ter2@host/0', /\? %3F/],
    ['redis://user:h@un/ter2@host', /not percent-encoded/],
    ['redis://user:hunter2%@host', /% is written %25/],
    ['redis://:hunter2@host/zero', /its database is not a number/],
    ['redis://:hunter2@host/1/2', /its database is not a number/],
    ['redis://:hunter2@host?db=1', /it has a \? or #/],
    ['redis://:hunter2@host:99999', /its host or port cannot be read/],
  ])('says what is wrong with REDIS_URL=%s and keeps it to itself', (text, problem) => {
    const [fault, ...more] = faultsOf({ REDIS_URL: text });
    expect(more).toStrictEqual([]);
    expect(fault).toMatch(problem);
    expect(fault).not.toMatch(/hun|ter2/);
  });

  it('hides a password that came to the wrong variable', () => {
    const text = 'redis://user:hunter2@host';
    for (const name of ['HOST', 'BASE_PATH', 'ALLOWED_ORIGINS', 'PORT', 'REDIS_PREFIX']) {
      expect(faultsOf({ [name]: text }).join('\n')).toMatch(new RegExp(`^${name}: .*got "redis://\\*\\*\\*@host"$`));
    }
  });

  it('lists what differs from the defaults for the log, without secrets', () => {
    const env = {
      REDIS_URL: 'redis://user:hunter2@host',
      JWKS_URL: 'https://id.example/keys',
      AUTH_ENABLED: 'true',
      JWT_ISSUER: 'https://user:hunter2@id.example',
      TRUSTED_PROXIES: '10.0.0.1',
      RATE_LIMIT: '3',
      PORT: String(loadConfig({}).PORT),
    };
    const hidden = '(not shown)';
    expect(changedSettings(loadConfig(env))).toStrictEqual({
      REDIS_URL: hidden,
      JWKS_URL: hidden,
      AUTH_ENABLED: true,
      JWT_ISSUER: 'https://***@id.example',
      TRUSTED_PROXIES: ['10.0.0.1'],
      RATE_LIMIT: 3,
    });
    expect(changedSettings(loadConfig({}))).toStrictEqual({});
  });

  it('tells all faults at once, a line each', () => {
    const env = { PORT: 'x', LOG_LEVEL: 'loud', AUTH_ENABLED: 'yes', REDIS_SUBSCRIBE: 'all', HISTORY_TTL: '0' };
    expect(faultsOf(env)).toStrictEqual([
      'PORT: expected an integer from 0 to 65535, got "x"',
      'REDIS_SUBSCRIBE: expected rooms or pattern, got "all"',
      'HISTORY_TTL: expected an integer from 1 to 31536000, got "0"',
      'LOG_LEVEL: expected debug, info, warn, error or silent, got "loud"',
      'AUTH_ENABLED: expected true or false, got "yes"',
    ]);
  });

  it('refuses what this build can’t honour', () => {
    expect(faultsOf({ WORKERS: '2', TRANSPORT: 'sse' })).toStrictEqual([
      "TRANSPORT: this build can't honour it yet, leave it unset",
      "WORKERS: this build can't honour it yet, leave it unset",
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [{ AUTH_ENABLED: 'true' }, 'AUTH_ENABLED: expected either JWT_SECRET or JWKS_URL beside it, got none'],
    [
      { AUTH_ENABLED: 'true', JWT_SECRET: SECRET, JWKS_URL: 'https://keys.example/' },
      'AUTH_ENABLED: expected either JWT_SECRET or JWKS_URL beside it, got both',
    ],
    [{ JWT_SECRET: SECRET }, 'JWT_SECRET: expected AUTH_ENABLED=true beside it, got none'],
    [{ JWT_AUDIENCE: 'chat', AUTH_ENABLED: 'false' }, 'JWT_AUDIENCE: expected AUTH_ENABLED=true beside it, got none'],
  ])('does not let anybody believe that tokens are checked who are not: %j', (env, fault) => {
    expect(faultsOf(env)).toStrictEqual([fault]);
  });

  it.each<[Record<string, string>]>([
    [{ JWT_SECRET: SECRET }],
    [{ JWKS_URL: 'https://keys.example/jwks.json', JWT_ISSUER: 'https://id.example/', JWT_AUDIENCE: 'chat' }],
    [{ JWKS_URL: 'http://keys.internal:8080/' }],
  ])('takes %j beside AUTH_ENABLED', (env) => {
    expect(loadConfig({ AUTH_ENABLED: 'true', ...env })).toMatchObject({ AUTH_ENABLED: true, ...env });
  });

  it('does not let anybody believe that a rate holds where RATE_LIMIT=0 switches all off', () => {
    const rates = ['RATE_BURST', 'RATE_LIMIT_GLOBAL', 'RATE_LIMIT_ADDRESS', 'UPGRADE_RATE'];
    const env = Object.fromEntries(rates.map((name) => [name, '5']));
    expect(faultsOf({ RATE_LIMIT: '0', ...env }).toSorted()).toStrictEqual(
      rates.map((name) => `${name}: expected RATE_LIMIT above 0 beside it, got 0, which switches it off`).toSorted(),
    );
    expect(loadConfig({ RATE_LIMIT: '0', RATE_LIMIT_BYTES: '0', UPGRADE_RATE: '0' }).RATE_LIMIT).toBe(0);
    expect(loadConfig({ RATE_LIMIT: '1', ...env }).UPGRADE_RATE).toBe(5);
  });

  it('refuses a total of history that is below 1 MiB, or that bounds nothing', () => {
    const REDIS_URL = 'redis://127.0.0.1';
    expect(faultsOf({ REDIS_URL, REDIS_HISTORY_BYTES_TOTAL: '1048575' })).toStrictEqual([
      'REDIS_HISTORY_BYTES_TOTAL: expected 0 or at least 1048576, got "1048575"',
    ]);
    expect(faultsOf({ REDIS_HISTORY_BYTES_TOTAL: '1048576' })).toStrictEqual([
      'REDIS_HISTORY_BYTES_TOTAL: expected REDIS_URL beside it, got none',
    ]);
    expect(loadConfig({ REDIS_URL, REDIS_HISTORY_BYTES_TOTAL: '1048576' }).REDIS_HISTORY_BYTES_TOTAL).toBe(1_048_576);
    expect(faultsOf({ REDIS_URL, HISTORY_BYTES_TOTAL: '1048576' })).toStrictEqual([
      'HISTORY_BYTES_TOTAL: expected no REDIS_URL beside it; REDIS_HISTORY_BYTES_TOTAL bounds what Redis stores',
    ]);
    expect(loadConfig({ REDIS_HISTORY_BYTES_TOTAL: '0' }).REDIS_HISTORY_BYTES_TOTAL).toBe(0);
  });

  it('takes addresses and networks for trusted proxies, and nothing else', () => {
    const { TRUSTED_PROXIES } = loadConfig({ TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,192.0.2.7' });
    expect(TRUSTED_PROXIES).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);
    for (const text of ['10.0.0.0/33', 'proxy.example', '10.0.0.1,', '*']) {
      expect(faultsOf({ TRUSTED_PROXIES: text })).toStrictEqual([
        `TRUSTED_PROXIES: expected a comma list of addresses and networks such as 10.0.0.0/8, got "${text}"`,
      ]);
    }
  });

  it.each([
    ['JWT_SECRET', 'hunter2hunter2hunter2hunter2'],
    ['API_KEY', 'hunter2'],
    ['API_KEY', 'hunter2 hunter2 hunter2'],
    ['JWKS_URL', 'https://hunter2:hunter2@keys.example/'],
    ['JWKS_URL', 'ftp://keys.example/hunter2'],
  ])('does not repeat a bad %s', (name, text) => {
    const [fault = ''] = faultsOf({ [name]: text });
    expect(fault).toMatch(new RegExp(`^${name}: expected`));
    expect(fault).not.toContain('hunter2');
  });

  it('keeps its words short', () => {
    expect(faultsOf({ HOST: `${'x'.repeat(5_000)} ` })[0]?.length).toBeLessThan(200);
  });
});

describe('configTable', () => {
  it('has a row for each variable', () => {
    const lines = configTable().split('\n');
    expect(lines.slice(0, 3)).toStrictEqual([
      '| variable | default | allowed | meaning |',
      '|---|---|---|---|',
      '| `PORT` | `8001` | 0 to 65535 | TCP port. 0 picks a free one; the line `listening` in the log gives it. |',
    ]);
    const names = lines.slice(2).map((line) => /^\| `([A-Z_]+)` \|/.exec(line)?.[1]);
    expect(names).toStrictEqual(
      expect.arrayContaining([...Object.keys(loadConfig({})), 'REDIS_URL', 'ALLOWED_ORIGINS']),
    );
    expect(lines.every((line) => line.split(' | ').length === 4 || line.startsWith('|---'))).toBe(true);
  });
});
