import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { DEADLINE_MS } from '../support/chat-client.js';
import { eventually } from '../support/eventually.js';
import { ChaosProxy } from '../support/faults/chaos-proxy.js';
import { SECRET, token } from '../support/jwt.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis.js';
import { redisEnv, startPod, twoPods, type Pod } from '../support/pods.js';

const API_KEY = 'correct-horse-battery-staple';

function sendAway(pod: Pod, user: string, body = ''): Promise<Response> {
  const headers = { Authorization: `Bearer ${API_KEY}` };
  const url = `http://127.0.0.1:${pod.port}/api/chat-api/users/${user}/disconnect`;
  return fetch(url, { method: 'POST', headers, body });
}

async function knock(pod: Pod, text: string): Promise<number> {
  const raw = await RawWebSocket.send(pod.port, upgradeRequest(`/api/chat-api/ws?token=${text}`));
  onTestFinished(() => raw.reset());
  return (await raw.response()).status;
}

it.each(['100', '0'])('a user is sent away on all pods, within 2 s; HISTORY_SIZE=%s', async (HISTORY_SIZE) => {
  const [one, two] = await twoPods({ ...redisEnv(), HISTORY_SIZE, API_KEY });
  const query = { session: 'abcdefghijklmnopqrstuv' };
  const clients = await Promise.all([one.connect({ query }), two.connect({ query }), two.connect({ query })]);
  const other = await two.connect();
  const user = clients[0]?.welcome.data['user'] as { id: string };
  expect((await sendAway(one, user.id)).status).toBe(200);
  await eventually(() => clients.map(({ isOpen }) => isOpen), [false, false, false], 2000);
  for (const client of clients) expect((await client.closed).code).toBe(4403);
  expect((await other.request({ data: 1 })).type).toBe('ack');
});

it('a pod that Redis was away from hears of it when it is back, and one that starts later too', async () => {
  const env = { ...redisEnv(), API_KEY, AUTH_ENABLED: 'true', JWT_SECRET: SECRET };
  const proxy = await ChaosProxy.before(Number(new URL(env.REDIS_URL).port));
  onTestFinished(() => proxy.close());
  const [apart, one] = await Promise.all([startPod({ ...env, REDIS_URL: proxy.url }), startPod(env)]);
  const old = await token();
  const ada = await apart.connect({ query: { token: old } });
  proxy.refuse();
  proxy.cut();
  expect((await sendAway(one, 'ada')).status).toBe(200);
  // Who can't reach the others says so.
  await eventually(async () => (await sendAway(apart, 'bob')).status, 503, DEADLINE_MS);
  expect(ada.isOpen).toBe(true);
  proxy.heal();
  expect((await ada.closed).code).toBe(4403);

  const late = await startPod(env);
  for (const pod of [apart, one, late]) expect(await knock(pod, old)).toBe(401);
});

it('a user who logs out everywhere logs in again at once, on all pods', async () => {
  const [one, two] = await twoPods({ ...redisEnv(), API_KEY, AUTH_ENABLED: 'true', JWT_SECRET: SECRET });
  const issuedBefore = Date.now();
  const second = Math.floor(issuedBefore / 1000);
  const [old, fresh] = await Promise.all([token({ iat: second - 1 }), token({ iat: second })]);
  const clients = await Promise.all([one, two].map((pod) => pod.connect({ query: { token: old } })));
  expect((await sendAway(one, 'ada', JSON.stringify({ issuedBefore }))).status).toBe(200);
  for (const client of clients) expect((await client.closed).code).toBe(4403);
  for (const pod of [one, two]) {
    expect(await knock(pod, old)).toBe(401);
    expect(await knock(pod, fresh)).toBe(101);
  }
});

it('nobody misses it after a flush, whatever the clock of Redis said before', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const env = { REDIS_URL: redis.url, API_KEY };
  const future = String(Date.now() + 86_400_000);
  await redis.cli('XADD', 'realtime:announcements', `${future}-0`, 't', '{}');
  const [one, two] = await twoPods(env);
  await redis.cli('FLUSHALL');
  const guest = await two.connect();
  const user = guest.welcome.data['user'] as { id: string };
  expect((await sendAway(one, user.id)).status).toBe(200);
  expect((await guest.closed).code).toBe(4403);
});

it('what was announced is kept for a day after the last one, and bounded in number', async () => {
  const env = { ...redisEnv(), API_KEY };
  const redis = new Redis(env.REDIS_URL);
  onTestFinished(() => redis.disconnect());
  const pod = await startPod(env);
  const key = `${env.REDIS_PREFIX}:announcements`;
  const many = redis.pipeline();
  for (let n = 0; n < 12_000; n++) many.xadd(key, '*', 't', '{}');
  await many.exec();
  expect((await sendAway(pod, 'ada')).status).toBe(200);
  const [kept, seconds] = [await redis.xlen(key), await redis.ttl(key)];
  expect(kept).toBeGreaterThanOrEqual(10_000);
  // Redis trims whole nodes of a hundred entries.
  expect(kept).toBeLessThanOrEqual(10_100);
  expect(seconds).toBeGreaterThan(86_000);
});
