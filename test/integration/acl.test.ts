import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../src/adapters/node/silent-logger.js';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import { loadConfig } from '../../src/app/config.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import { aclLine, rightsOf } from '../support/acl-lines.js';
import { eventually } from '../support/eventually.js';
import { startPod, twoPods, type Pod } from '../support/pods.js';
import { GuardedRedis } from '../support/redis-acl.js';

const WITH_HISTORY = aclLine('README.md', 'acl');
/** What a total of history needs besides. */
const FOR_A_TOTAL = rightsOf(aclLine('docs/redis.md', 'acl-total'));
const TOTAL = 1024 * 1024;
const WITHOUT_HISTORY = aclLine('docs/redis.md', 'acl-no-history');
/** How long a room's subscription may outlive its last member, and a while. */
const LINGER_MS = 10_000;

let redis: GuardedRedis;
beforeAll(async () => {
  redis = await GuardedRedis.start();
});
afterAll(() => redis.stop());

/** Carries out a document's line. */
async function allow(line: readonly string[], ...more: readonly string[]): Promise<void> {
  await redis.acl('DELUSER', 'hubbub');
  await redis.acl(...line, ...more);
  await redis.acl('LOG', 'RESET');
}

/** Breaks all connections of pods, as a fault of the network does. */
async function breakAll(): Promise<void> {
  expect(Number(await redis.admin.client('KILL', 'USER', 'hubbub'))).toBeGreaterThanOrEqual(4);
}

async function chatThrough(one: Pod, two: Pod): Promise<void> {
  const ada = await one.connect({ rooms: ['lobby', 'left'] });
  const grace = await two.connect({ rooms: ['lobby'] });
  await ada.say('Hello!', 'lobby');
  await grace.hears('Hello!', 'lobby');
  await grace.say('to all');
  await ada.hears('to all');
  await ada.request({ type: 'history', room: 'lobby' });
  await breakAll();
  await eventually(async () => (await one.get('/readyz')).status + (await two.get('/readyz')).status, 400, LINGER_MS);
  await ada.say('again', 'lobby');
  await grace.hears('again', 'lobby');
  await ada.request({ type: 'leave', room: 'left' });
}

describe.each([
  ['with history', WITH_HISTORY, {}],
  ['without history', WITHOUT_HISTORY, { HISTORY_SIZE: '0' }],
] as const)("the documents' user, %s", (_name, line, settings) => {
  it.each([
    ['rooms', []],
    ['pattern', ['+psubscribe']],
  ])('is all that pods need, subscribed by %s', async (REDIS_SUBSCRIBE, more) => {
    await allow(line, ...more);
    const [one, two] = await twoPods({ REDIS_URL: redis.url('hubbub', 'password'), REDIS_SUBSCRIBE, ...settings });
    await chatThrough(one, two);
    const subscribed = async () => redis.admin.pubsub('CHANNELS', 'realtime:room:left');
    await eventually(subscribed, [], LINGER_MS);
    await Promise.all([one.stop(), two.stop()]);
    expect(await redis.refusals()).toEqual([]);
    // Redis learns only a moment later that a pod is gone.
    await eventually(async () => String(await redis.admin.client('LIST')).includes('user=hubbub'), false);
  });

  it.each(rightsOf(line))('could not do without %s', { concurrent: true }, async (right) => {
    await withoutRight(line, right, settings);
  });
});

describe("the documents' user, with a total of history", () => {
  it('bounds it with these rights', async () => {
    await allow(WITH_HISTORY, ...FOR_A_TOTAL);
    const broadcaster = redisBroadcaster({ url: redis.url('hubbub', 'password'), historyBytesTotal: TOTAL });
    onTestFinished(() => broadcaster.close());
    await doEverything(broadcaster);
    const tail = `,"data":"${'x'.repeat(60_000)}"}`;
    for (let n = 0; n < 30; n++)
      await broadcaster.publish(`room-${n}`, { id: 'm_1', ts: 1, head: '{"type":"chat"', tail });
    await eventually(() => redis.admin.exists('realtime:log:room:room-0'), 0);
    expect(await redis.refusals()).toEqual([]);
  });

  it.each(FOR_A_TOTAL)('could not do without %s', { concurrent: true }, async (right) => {
    await withoutRight([...WITH_HISTORY, ...FOR_A_TOTAL], right, { historyBytesTotal: TOTAL });
  });
});

it("the documents' user reads rooms again that its pods come back to, and another database where it may", async () => {
  await allow(WITH_HISTORY, '+select');
  const REDIS_URL = `${redis.url('hubbub', 'password')}/1`;
  const [one, two] = await twoPods({ REDIS_URL });
  const ada = await one.connect({ rooms: ['lobby'] });
  const { epoch, offset } = await ada.say('seen', 'lobby');
  await ada.say('missed', 'lobby');
  const grace = await two.connect();
  const ack = await grace.request({ type: 'join', room: 'lobby', data: { since: { epoch, offset } } });
  expect(ack.data).toMatchObject({ recovered: true });
  await grace.hears('missed', 'lobby');
  expect(await redis.refusals()).toEqual([]);
});

it('pattern needs its own right: without it Redis refuses just that', async () => {
  await withoutRight([...WITH_HISTORY, '+psubscribe'], '+psubscribe', { REDIS_SUBSCRIBE: 'pattern' });
});

const listed = (text: string): string[] => text.trim().split(/\s*[,\n]\s*/);

const NO_BUSINESS_OF_PODS = listed(`
  FLUSHALL, FLUSHDB, KEYS *, SCAN 0, RANDOMKEY, DBSIZE, SELECT 1, SWAPDB 0 1, CONFIG GET *
  CONFIG SET dir /tmp, ACL LIST, ACL SETUSER hubbub +@all, ACL WHOAMI, MODULE LIST, SHUTDOWN NOSAVE, SAVE
  BGSAVE, MONITOR, REPLICAOF 127.0.0.1 1, SLOWLOG GET, CLIENT LIST, CLIENT KILL TYPE normal, CLIENT PAUSE 1
  SCRIPT FLUSH, SCRIPT KILL, FUNCTION LIST, EVAL return(1) 0, PUBSUB CHANNELS
  MIGRATE 127.0.0.1 1 realtime:mark 0 1, DUMP realtime:mark, RENAME realtime:mark realtime:calls
  COPY realtime:mark realtime:calls, SORT realtime:mark
`);

const NAMES_OF_OTHERS = listed(`
  GET other:mark, SET other:mark 1, GET realtim, DEL realtime, HGET realtimes:head:global epoch
  PUBLISH other:global 1, PUBLISH realtime:head:global 1, SUBSCRIBE other:room:lobby, PSUBSCRIBE *
  PSUBSCRIBE realtime:*, SUBSCRIBE __keyevent@0__:set, XRANGE other:log:global - +
`);

describe("the documents' user can do nothing else", () => {
  let user: Redis;
  beforeEach(async () => {
    await allow(WITH_HISTORY, '+psubscribe');
    user = new Redis(redis.url('hubbub', 'password'));
    onTestFinished(() => user.disconnect());
  });

  it.each(NO_BUSINESS_OF_PODS)('not %s', async (text) => {
    const [command = '', ...args] = text.split(' ');
    await expect(user.call(command, ...args)).rejects.toThrow(/^NOPERM/);
  });

  it.each(NAMES_OF_OTHERS)('not under another name: %s', async (text) => {
    const [command = '', ...args] = text.split(' ');
    await expect(user.call(command, ...args)).rejects.toThrow(/^NOPERM/);
  });

  it.each(["redis.call('FLUSHALL')", "redis.call('GET', 'other:mark')", "redis.call('PUBLISH', 'other:global', '1')"])(
    'not by a script either: %s',
    async (script) => {
      const digest = await user.script('LOAD', `return ${script}`);
      await expect(user.evalsha(String(digest), 0)).rejects.toThrow(
        /can't (run this command|access .* keys|publish to the channel)|NOPERM|ACL failure/,
      );
      expect((await redis.refusals()).length).toBe(1);
    },
  );
});

it('a password may hold anything, percent-encoded; what is not is refused at the start and not shown', async () => {
  const password = 'p@ss/w:rd%#?[] é';
  await allow(WITH_HISTORY.map((rule) => (rule === '>password' ? `>${password}` : rule)));
  const pod = await startPod({ REDIS_URL: redis.url('hubbub', password) });
  expect((await pod.get('/readyz')).status).toBe(200);
  const start = (): unknown => loadConfig({ REDIS_URL: 'redis://hubbub:100%canary@127.0.0.1' });
  expect(start).toThrow(/^REDIS_URL: expected .*, got one whose .* not percent-encoded/);
  expect(start).not.toThrow(/canary/);
});

/** Does all that a pod does, as a user who lacks one right: Redis must have refused just that, or the pod says it. */
async function withoutRight(line: readonly string[], right: string, settings: Settings): Promise<void> {
  const user = `without-${line.indexOf(right)}-of-${line.length}`;
  const own = line.filter((rule) => rule !== right).map((rule) => rule.replace('realtime:', `${user}:`));
  await redis.acl(...own.map((rule) => (rule === 'hubbub' ? user : rule)));
  const said: string[] = [];
  const broadcaster = redisBroadcaster({
    url: redis.url(user, 'password'),
    prefix: user,
    subscribe: settings.REDIS_SUBSCRIBE ?? 'rooms',
    historySize: Number(settings.HISTORY_SIZE ?? '100'),
    historyBytesTotal: settings.historyBytesTotal ?? 0,
    logger: { ...silentLogger, warn: (_event, fields) => void said.push(...missingOf(fields?.['cause'])) },
  });
  const refused = async (): Promise<string[]> => {
    const mine = (await redis.refusals()).filter((refusal) => refusal.user === user);
    return mine.map(({ reason, object }) => `${reason} ${object.replace(`${user}:`, 'realtime:')}`);
  };
  try {
    await doEverything(broadcaster);
    const found = async (): Promise<number> => said.length + (await refused()).length;
    await vi.waitUntil(async () => (await found()) > 0, { timeout: LINGER_MS, interval: 50 });
    for (const refusal of await refused()) expect(refusal).toMatch(refusalOf(right));
    for (const missing of said) expect(missing.replaceAll(`${user}:`, 'realtime:')).toMatch(missingBy(right));
  } finally {
    await broadcaster.close();
  }
}

function refusalOf(right: string): RegExp {
  const [sign, name] = [right.slice(0, 1), right.slice(1)];
  const reason = { '+': 'command', '~': 'key', '&': 'channel' }[sign];
  return new RegExp(`^${reason} ${name.replace('|', '\\|').replace('*', '.*')}$`);
}

/** What a pod says that its user may not do: a command and a name each. */
function missingOf(cause: unknown): string[] {
  const list = /^NOPERM the user may not (.+?)( and more)?: grant it by ACL SETUSER, see docs\/redis\.md$/.exec(
    String(cause),
  )?.[1];
  return list === undefined ? [] : list.split(', ');
}

function missingBy(right: string): RegExp {
  const [sign, name] = [right.slice(0, 1), right.slice(1)];
  if (sign === '+') return new RegExp(`^${name.toUpperCase().replace('|', ' ')}( |$)`);
  return new RegExp(`^${sign === '&' ? 'PUBLISH' : '[A-Z]+'} ${name.replace('*', '.*')}$`);
}

async function doEverything(broadcaster: BroadcastPort): Promise<void> {
  await broadcaster.start({ published() {}, lost() {}, reset() {}, foreign() {}, announced() {} });
  for (const channel of ['', 'lobby']) {
    await broadcaster.subscribe(channel);
    await broadcaster.announce('anything');
    const [head, tail] = ['{"data":1', '}'];
    await broadcaster.publish(channel, { id: 'm_1', ts: 1, head, tail, once: { key: 'ada/1', content: '1' } });
  }
  if (broadcaster.traits.sequenced) {
    await broadcaster.read('lobby', { limit: 1 });
    await broadcaster.read('lobby', { after: 0, limit: 1 });
  }
  broadcaster.unsubscribe('lobby');
}

interface Settings {
  readonly HISTORY_SIZE?: string;
  readonly REDIS_SUBSCRIBE?: 'rooms' | 'pattern';
  readonly historyBytesTotal?: number;
}
