import { Type, type TSchema } from 'typebox';
import { SEND_BUFFER_BYTES_MIN } from '../send-buffer.js';
import { integer, MIB, text, type SettingSchema } from './setting-schema.js';

/** Every setting: the one source of validation, error text and the table in the documentation. */
export const ConfigSchema = Type.Object({
  PORT: integer({
    from: 0,
    to: 65_535,
    default: 8001,
    description: 'TCP port. 0 picks a free one; the line `listening` in the log gives it.',
  }),
  HOST: text({
    pattern: '^[0-9A-Za-z._:%-]{1,255}$',
    expected: 'a host name or an IP address',
    default: '0.0.0.0',
    description: 'Address to listen on.',
  }),
  BASE_PATH: text({
    pattern: '^(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]{1,64}){0,8}$',
    expected: 'a path that begins with / and does not end with it, or / for none',
    default: '/api/chat-api',
    description: 'Where the API is: WebSocket clients connect to `BASE_PATH/ws`. `/` means the root.',
  }),
  REDIS_URL: Type.Optional(
    text({
      expected: 'redis://[user:password@]host[:port][/database] or rediss://...',
      otherwise: 'unset',
      description: 'Redis through which pods share rooms. Unset: this pod alone, everything in memory.',
    }),
  ),
  REDIS_PREFIX: text({
    pattern: '^[A-Za-z0-9._:-]{1,64}$',
    expected: '1 to 64 letters, digits and ._:-',
    default: 'realtime',
    description: 'Begins the name of every channel and key in Redis.',
  }),
  REDIS_SUBSCRIBE: Type.Enum(['rooms', 'pattern'], {
    default: 'rooms',
    description: '`rooms`: a pod hears only rooms that it has members in. `pattern`: it hears all.',
  }),
  ALLOWED_ORIGINS: Type.Array(Type.String(), {
    default: [],
    expected: '* or a comma list of exact origins such as https://chat.example.com',
    otherwise: 'same host only',
    description: 'Origins whose pages may connect. A request without `Origin` comes from no browser and passes.',
  }),
  TRUSTED_PROXIES: Type.Array(Type.String(), {
    default: [],
    expected: 'a comma list of addresses and networks such as 10.0.0.0/8',
    otherwise: 'none',
    description: 'Proxies whose `X-Forwarded-For` is believed. From anybody else the header is ignored.',
  }),
  MAX_MESSAGE_BYTES: integer({
    from: 1,
    to: 128 * 1024,
    unit: 'bytes',
    default: 65_536,
    description: 'Longest text frame that a client may send.',
  }),
  SEND_BUFFER: integer({
    from: 1,
    to: 65_536,
    unit: 'messages',
    default: 256,
    description:
      'How far a client may fall behind a room before the excess is dropped; never less than `HISTORY_SIZE`.',
  }),
  SEND_BUFFER_BYTES: integer({
    from: SEND_BUFFER_BYTES_MIN,
    to: 1024 * MIB,
    unit: 'bytes',
    default: 4 * MIB,
    description: 'Bytes waiting for one client at which it is closed (4008).',
  }),
  HISTORY_SIZE: integer({
    from: 0,
    to: 100_000,
    unit: 'messages',
    default: 100,
    description: 'Messages kept per room. 0: plain publish and subscribe.',
  }),
  HISTORY_BYTES: integer({
    from: 1,
    to: 1024 * MIB,
    unit: 'bytes',
    default: MIB,
    description: 'Bytes of messages kept per room; the newest always stays. Whichever limit comes first counts.',
  }),
  HISTORY_BYTES_TOTAL: integer({
    from: MIB,
    to: 1024 * 1024 * MIB,
    unit: 'bytes',
    default: 256 * MIB,
    description:
      'Memory for the messages of all rooms, in a pod without Redis. Beyond it the room published to longest ago loses ' +
      'its oldest messages first, rooms with members last.',
  }),
  RING_BYTES_TOTAL: integer({
    from: MIB,
    to: 1024 * 1024 * MIB,
    unit: 'bytes',
    default: 256 * MIB,
    description:
      'Memory for what clients that are behind have not read yet, over all rooms of this pod. Beyond it the room ' +
      'published to longest ago loses its oldest messages first; clients that had not read them get a `gap`.',
  }),
  REDIS_HISTORY_BYTES_TOTAL: integer({
    from: 0,
    to: 1024 * 1024 * MIB,
    unit: 'bytes',
    default: 0,
    description:
      'Memory of Redis for the messages of all rooms, 1 MiB or more. Beyond it the room published to longest ago loses ' +
      'its messages first, rooms with members last. 0: no limit. [How to choose it](docs/redis.md#how-much-memory).',
  }),
  HISTORY_TTL: integer({
    from: 1,
    to: 31_536_000,
    unit: 'seconds',
    default: 86_400,
    description: 'How long history is kept after a room’s last message.',
  }),
  MAX_CONNECTIONS: integer({
    from: 1,
    to: 1_000_000,
    unit: 'connections',
    default: 20_000,
    description:
      'Connections of this pod, and upgrades that wait for an answer. Lowered at the start, with a warning, to `ulimit -n` less 128.',
  }),
  MAX_ROOMS_PER_CONNECTION: integer({
    from: 1,
    to: 10_000,
    unit: 'rooms',
    default: 100,
    description: 'Rooms that one connection may be a member of.',
  }),
  MAX_CONNECTIONS_PER_ADDRESS: integer({
    from: 0,
    to: 1_000_000,
    unit: 'connections',
    default: 0,
    description: 'Connections from one address, and its upgrades that wait for an answer. 0: no limit.',
  }),
  MAX_CONNECTIONS_PER_USER: integer({
    from: 0,
    to: 1_000_000,
    unit: 'connections',
    default: 50,
    description: 'Connections of one user. 0: no limit.',
  }),
  RATE_LIMIT: integer({
    from: 0,
    to: 1_000_000,
    unit: 'frames per second',
    default: 50,
    description: 'Frames that one connection may send. 0: no limit, and none of the rates below either.',
  }),
  RATE_BURST: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_000_000,
      unit: 'frames',
      otherwise: '2 × `RATE_LIMIT`',
      description: 'Frames that may come at once after a pause.',
    }),
  ),
  RATE_LIMIT_BYTES: integer({
    from: 0,
    to: 1024 * MIB,
    unit: 'characters per second',
    default: 131_072,
    description: 'Characters that one connection may send, 8 times as many at once. 0: no limit.',
  }),
  RATE_LIMIT_GLOBAL: integer({
    from: 0,
    to: 1_000_000,
    unit: 'messages per second',
    default: 5,
    description: 'Messages to everybody that one connection may send, 4 times as many at once. 0: no limit.',
  }),
  RATE_LIMIT_ROOMS: integer({
    from: 0,
    to: 1_000_000,
    unit: 'joins per second',
    default: 20,
    description:
      'Joins of new rooms (those that nobody on this pod is in) by one connection, 10 times as many at once. 0: no limit.',
  }),
  RATE_LIMIT_READS: integer({
    from: 0,
    to: 1_000_000,
    unit: 'requests per second',
    default: 10,
    description:
      'Requests for stored messages (`history` and resumes) by one connection, and further 16 KiB that they bring, ' +
      '20 times as many at once. 0: no limit.',
  }),
  RATE_LIMIT_USER: integer({
    from: 0,
    to: 1_000_000,
    unit: 'times',
    default: 5,
    description: 'All connections of one user together may send this many times what one connection may. 0: no limit.',
  }),
  RATE_LIMIT_ADDRESS: integer({
    from: 0,
    to: 1_000_000,
    unit: 'times',
    default: 0,
    description: 'All connections of one address together, likewise. 0: no limit, as many people may share an address.',
  }),
  UPGRADE_RATE: integer({
    from: 0,
    to: 1_000_000,
    unit: 'upgrades per second',
    default: 0,
    description: 'Upgrades from one address, 10 times as many at once. 0: no limit.',
  }),
  GROWTH_LIMIT_USER: integer({
    from: 0,
    to: 1024 * 1024 * MIB,
    unit: 'bytes per hour',
    default: 48 * MIB,
    description:
      'Bytes that one user may add to what is stored, through this pod; a third of it at once. ' +
      'Receipts of client ids may take the same again. 0: no limit.',
  }),
  GROWTH_LIMIT_ADDRESS: integer({
    from: 0,
    to: 1024 * 1024 * MIB,
    unit: 'bytes per hour',
    default: 48 * MIB,
    description: 'All guests of one address together may add this much. 0: no limit.',
  }),
  HEARTBEAT_MS: integer({
    from: 50,
    to: 3_600_000,
    unit: 'milliseconds',
    default: 30_000,
    description: 'Time between two pings; a client that misses one is closed (4012).',
  }),
  DRAIN_MS: integer({
    from: 0,
    to: 600_000,
    unit: 'milliseconds',
    default: 10_000,
    description: 'At a stop each client is told to come back after a random delay of up to this.',
  }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    description: 'The least level that is logged.',
  }),
  AUTH_ENABLED: Type.Boolean({
    default: false,
    description: 'Whether clients need a token. Without, they are guests.',
  }),
  JWT_SECRET: Type.Optional(
    text({
      pattern: '^[^]{32,1024}$',
      expected: '32 to 1024 characters',
      otherwise: 'unset',
      description: 'What tokens are signed with by HS256. With `AUTH_ENABLED`, either this or `JWKS_URL` is needed.',
    }),
  ),
  JWKS_URL: Type.Optional(
    text({
      expected: 'an http or https URL without user and password',
      otherwise: 'unset',
      description: 'Where the public keys are that tokens are checked with: RS, PS, ES and EdDSA.',
    }),
  ),
  JWT_ISSUER: Type.Optional(
    text({ expected: 'text', otherwise: 'unset', description: 'What `iss` of a token must be. Unset: not looked at.' }),
  ),
  JWT_AUDIENCE: Type.Optional(
    text({
      expected: 'text',
      otherwise: 'unset',
      description:
        'What `aud` of a token must be or contain. Unset, or what other services have too: ' +
        'their tokens are taken, ID tokens as well, as `typ` is not looked at.',
    }),
  ),
  API_KEY: Type.Optional(
    text({
      pattern: '^[!-~]{16,256}$',
      expected: '16 to 256 visible ASCII characters',
      otherwise: 'unset',
      description: 'Opens the HTTP API that sends users away. Unset: it is closed.',
    }),
  ),
});

/** Name and schema of every setting, in the order of the documentation. */
export const settings: readonly (readonly [string, SettingSchema])[] = Object.entries<TSchema>(ConfigSchema.properties);

/** Variables that have a meaning in the design and none yet in the code. */
export const planned: readonly string[] = [
  'ADMIT_RATE',
  'OVERLOAD_LAG_MS',
  'PRESENCE_EVENTS_MAX',
  'TRANSPORT',
  'WORKERS',
];
