import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startPod } from '../support/pods.js';
import { startRedis } from '../support/redis.js';

const MIB = 2 ** 20;

it('one guest on five connections fills no more of Redis than the burst allows', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const usedMemory = async (): Promise<number> => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  // A megabyte at once of messages, and one of receipts.
  const pod = await startPod({ REDIS_URL: server.url, GROWTH_LIMIT_USER: String(3 * MIB) });
  const query = { session: 'session-of-mallory-0001' };
  const crowd = await Promise.all(Array.from({ length: 5 }, () => pod.connect({ query })));
  const before = await usedMemory();
  // Five characters each as they are sent, and 22 as they are stored.
  const data = JSON.parse(`[${'1e20,'.repeat(1499)}1e20]`) as unknown;
  const codes = crowd.map(async (client, n) => {
    const answers: unknown[] = [];
    for (let room = 0; room < 15; room++) {
      await client.request({ type: 'join', room: `room-${n}-${room}` });
      const { data: answer } = await client.request({ room: `room-${n}-${room}`, data });
      answers.push(answer.code);
    }
    return answers;
  });
  const refused = (await Promise.all(codes)).flat().filter((code) => code !== undefined);
  expect(new Set(refused)).toEqual(new Set(['rate_limited']));
  expect(refused.length).toBeGreaterThan(20);
  expect(((await usedMemory()) - before) / MIB).toBeLessThan(2.2);
});
