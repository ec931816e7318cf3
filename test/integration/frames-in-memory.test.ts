import { expect, it, onTestFinished } from 'vitest';
import { redisBroadcaster } from '../../src/adapters/redis/index.js';
import type { BroadcastPort } from '../../src/ports/broadcast-port.js';
import { eventually } from '../support/eventually.js';
import { redisEnv } from '../support/pods.js';
import { publication } from '../support/publication.js';

const CHANNELS = Array.from({ length: 300 }, (_, n) => `room-${n}`);
/** What may be kept alive beside a short frame: the header of its payload, and as much again. */
const BESIDE = 200;

interface Kept {
  readonly broadcaster: BroadcastPort;
  /** Frames that are kept of each channel, as a room keeps them for slow readers. */
  readonly frames: Map<string, Uint8Array>;
}

async function start(env: ReturnType<typeof redisEnv>, historySize: number): Promise<Kept> {
  const broadcaster = redisBroadcaster({ url: env.REDIS_URL, prefix: env.REDIS_PREFIX, historySize });
  onTestFinished(() => broadcaster.close());
  const frames = new Map<string, Uint8Array>();
  const published = (channel: string, _first: number, [frame]: readonly Uint8Array[]): void =>
    void (frame && frames.set(channel, frame));
  await broadcaster.start({ published, lost() {}, reset() {}, foreign() {}, announced() {} });
  for (const channel of CHANNELS) await broadcaster.subscribe(channel);
  return { broadcaster, frames };
}

it.each([100, 0])(
  'a short message keeps no more than twice its payload in memory, whatever came with it: HISTORY_SIZE=%i',
  async (historySize) => {
    const env = redisEnv();
    const [one, two] = [await start(env, historySize), await start(env, historySize)];
    await Promise.all(CHANNELS.map(async (channel) => one.broadcaster.publish(channel, publication(channel))));
    for (const { frames } of [one, two]) {
      await eventually(() => frames.size, CHANNELS.length);
      const most = Math.max(...[...frames.values()].map(({ buffer, length }) => buffer.byteLength - 2 * length));
      expect(most).toBeLessThanOrEqual(BESIDE);
    }
  },
);
