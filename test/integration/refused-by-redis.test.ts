import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { aclLine } from '../support/acl-lines.js';
import { eventually } from '../support/eventually.js';
import { PodProcess } from '../support/pod-process.js';
import { connectClient } from '../support/pods.js';
import { GuardedRedis } from '../support/redis-acl.js';

const LINE = aclLine('README.md', 'acl');
const CANARY = 'canary-of-a-password';
/** Within this time a pod is back once Redis lets it in, and a while. */
const HEAL_MS = 10_000;

let redis: GuardedRedis;
beforeAll(async () => {
  redis = await GuardedRedis.start();
});
beforeEach(() => allow());
afterAll(() => redis.stop());

/** Carries out the README's line; for another password, and without one right, where given. */
async function allow(password = 'password', without?: string): Promise<void> {
  await redis.acl('DELUSER', 'hubbub');
  const line = LINE.filter((rule) => rule !== without);
  await redis.acl(...line.map((rule) => (rule === '>password' ? `>${password}` : rule)));
}

async function start(env: Readonly<Record<string, string>>): Promise<PodProcess> {
  const pod = await PodProcess.start(env);
  onTestFinished(async () => void (await pod.stop()));
  return pod;
}

async function get(pod: PodProcess, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${pod.port}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, body: await response.text() };
}

/** The pod is up, sends clients away, and says why in its log, without what is nobody's business. */
async function isRefused(pod: PodProcess, event: string, cause: RegExp): Promise<void> {
  expect(await pod.logged(event)).toMatchObject({ level: 'warn', cause: expect.stringMatching(cause) });
  expect((await get(pod, '/livez')).status).toBe(200);
  const ready = await get(pod, '/readyz');
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.body)).toMatchObject({
    error: { code: 'not_ready', message: expect.stringMatching(/redis/) },
  });
  await expect(connectClient(pod.port)).rejects.toThrow('closed');
  for (const text of [pod.stdout, pod.stderr, ready.body]) {
    expect(text).not.toMatch(new RegExp(`${CANARY}|rediss?://|@127|hubbub:`));
  }
}

async function isHealed(pod: PodProcess): Promise<void> {
  await eventually(async () => (await get(pod, '/readyz')).status, 200, HEAL_MS);
  const ada = await connectClient(pod.port, { rooms: ['lobby'] });
  await ada.say('Hello!', 'lobby');
  await ada.hears('Hello!', 'lobby');
}

describe('a pod that Redis refuses stays up, says why, and goes on when it is let in', () => {
  it.each([
    ['a wrong password', (): string => redis.url('hubbub', CANARY), /^WRONGPASS .*password/],
    ['a user that is not there yet', (): string => redis.url(`hubbub-${CANARY}`, CANARY), /^WRONGPASS .*password/],
    ['no user at all', (): string => redis.url('', ''), /^NOAUTH /],
  ])('%s', async (name, url, cause) => {
    const pod = await start({ REDIS_URL: url() });
    await isRefused(pod, 'redis is away', cause);
    // Several tries were made, and told once.
    expect(pod.lines.filter(({ level }) => level === 'warn').length).toBe(1);
    if (name !== 'a wrong password') return;
    await allow(CANARY);
    await isHealed(pod);
  });

  it.each([
    ['subscribe', /NOPERM .*'subscribe'/],
    ['script|load', /NOPERM .*'script\|load'/],
    ['evalsha', /NOPERM .*'evalsha'/],
    ['info', /NOPERM .*'info'/],
    ['zadd', /^NOPERM the user may not ZADD .*: grant it by ACL SETUSER, see docs\/redis\.md$/],
  ])('without the right to %s', async (command, cause) => {
    await allow(CANARY, `+${command}`);
    const pod = await start({ REDIS_URL: redis.url('hubbub', CANARY) });
    await isRefused(pod, 'redis: catching up failed, trying again', cause);
    await redis.acl('SETUSER', 'hubbub', `+${command}`);
    await isHealed(pod);
  });

  it.each([
    ['keys', '~realtime:*', /access .*keys?/],
    ['channels', '&realtime:pod:*', /^NOPERM the user may not PUBLISH realtime:pod:/],
  ])('without its %s', async (_name, rule, cause) => {
    await allow(CANARY, rule);
    const pod = await start({ REDIS_URL: redis.url('hubbub', CANARY) });
    await isRefused(pod, 'redis: catching up failed, trying again', cause);
    await redis.acl('SETUSER', 'hubbub', rule);
    await isHealed(pod);
  });
});

it('a user that is taken away and comes back with another password is told of, and no message is lost', async () => {
  const pod = await start({ REDIS_URL: redis.url('hubbub', 'password') });
  const ada = await connectClient(pod.port, { rooms: ['lobby'] });
  await ada.say('before', 'lobby');
  await redis.acl('DELUSER', 'hubbub');
  await eventually(async () => (await get(pod, '/readyz')).status, 503);
  const refused = await ada.request({ data: { content: 'meanwhile' }, room: 'lobby' });
  expect(refused).toMatchObject({ type: 'error', data: { code: 'unavailable', retryable: true } });
  await allow();
  await eventually(async () => (await get(pod, '/readyz')).status, 200, HEAL_MS);
  await ada.say('after', 'lobby');
  await ada.hears('after', 'lobby');
  expect(ada.contents('lobby')).toEqual(['before', 'after']);
  expect(ada.ofType('gap')).toEqual([]);
  const warnings = pod.lines.filter(({ level, msg }) => level === 'warn' && msg !== 'redis may lose messages');
  expect(warnings).toMatchObject([
    { msg: 'redis is away', cause: 'the connection was lost' },
    { msg: 'redis is away', cause: expect.stringContaining('WRONGPASS'), hint: expect.stringContaining('password') },
  ]);
});
