import type { Redis } from 'ioredis';
import { encodePayload } from '../../src/adapters/redis/payload.js';

/** Stores a message of a room as a pod would, but tells nobody: as if its payload were lost on the way to all pods. */
export async function storeUntold(
  redis: Redis,
  { prefix, room, offset, content }: { prefix: string; room: string; offset: number; content: string },
): Promise<void> {
  const from = { id: 'x', name: 'X' };
  const frame = { type: 'chat', room, id: `m_${offset}`, from, ts: 1, offset, data: { content } };
  const payload = encodePayload('seal of this run', 'another-pod-1234', 1, [Buffer.from(JSON.stringify(frame))]);
  payload.writeBigUInt64BE(BigInt(offset), 49);
  const head = `${prefix}:head:room:${room}`;
  const run = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? '';
  await redis
    .multi()
    .xadd(`${prefix}:log:room:${room}`, `${offset}-0`, 'm', payload)
    .hsetnx(head, 'epoch', (await redis.get(`${prefix}:base`)) ?? '')
    .hset(head, { offset, run })
    .exec();
}
